// SPDX-License-Identifier: Apache-2.0
//
// The physical limit: one epoll loop, and for each event one send() per reader, nothing else. It
// keeps no history, checks nothing and waits for a reader that is full. Not a server to use.
//
// Usage: floor PORT

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 20000, REQUEST_MAX = 1 << 20, EVENTS = 512 };

struct connection {
  char *request;
  int bytes;
  int reader; // place among the readers + 1, or 0
};

static struct connection connections[CONNECTIONS_MAX];
static int readers[CONNECTIONS_MAX];
static int reader_count;
static long sequence;
static char event[REQUEST_MAX + 256];

static void all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes += sent;
      count -= (size_t)sent;
    } else if (errno == EAGAIN) {
      struct pollfd waiting = {.fd = fd, .events = POLLOUT};
      poll(&waiting, 1, 1000);
    } else if (errno != EINTR) {
      return; // gone: epoll will tell
    }
  }
}

static void leave(int fd) {
  struct connection *c = &connections[fd];
  if (c->reader) {
    int last = readers[--reader_count];
    readers[c->reader - 1] = last;
    connections[last].reader = c->reader;
  }
  free(c->request);
  memset(c, 0, sizeof *c);
  close(fd);
}

static void publish(int fd, const char *data, int bytes) {
  char id[64];
  int id_bytes = snprintf(id, sizeof id, "id: %ld\ndata: ", ++sequence);
  int block = id_bytes + bytes + 2;
  int at = snprintf(event, 32, "%x\r\n", block);
  memcpy(event + at, id, (size_t)id_bytes);
  memcpy(event + at + id_bytes, data, (size_t)bytes);
  memcpy(event + at + id_bytes + bytes, "\n\n\r\n", 4);
  size_t total = (size_t)(at + block + 2);
  for (int i = 0; i < reader_count; i++) {
    all(readers[i], event, total);
  }
  static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  all(fd, ok, sizeof ok - 1);
}

// Takes one whole request from the front; returns its bytes, or 0 when it is not whole yet.
static int take(int fd) {
  struct connection *c = &connections[fd];
  c->request[c->bytes] = 0;
  char *end = strstr(c->request, "\r\n\r\n");
  if (!end) {
    return 0;
  }
  int head = (int)(end - c->request) + 4;
  if (c->request[0] == 'G') {
    static const char ok[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
        "chunked\r\n\r\n";
    all(fd, ok, sizeof ok - 1);
    readers[reader_count++] = fd;
    c->reader = reader_count;
    return head;
  }
  char *length = strcasestr(c->request, "\r\ncontent-length:");
  int body = length ? atoi(length + 17) : 0;
  if (c->bytes < head + body) {
    return 0;
  }
  publish(fd, c->request + head, body);
  return head + body;
}

static void read_from(int fd) {
  struct connection *c = &connections[fd];
  if (!c->request) {
    c->request = malloc(c->reader ? 4096 : REQUEST_MAX + 1);
  }
  ssize_t got = recv(fd, c->request + c->bytes, (size_t)(REQUEST_MAX - c->bytes), 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) {
      leave(fd);
    }
    return;
  }
  c->bytes += (int)got;
  for (int taken = take(fd); taken > 0; taken = take(fd)) {
    c->bytes -= taken;
    memmove(c->request, c->request + taken, (size_t)c->bytes);
    if (c->reader) {
      free(c->request);
      c->request = NULL;
      c->bytes = 0;
      return;
    }
  }
}

int main(int argc, char **argv) {
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0")),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
    perror("listen");
    return 1;
  }
  int loop = epoll_create1(0);
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &interest);
  struct epoll_event ready[EVENTS];
  for (;;) {
    int count = epoll_wait(loop, ready, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = ready[i].data.fd;
      if (fd != listener) {
        read_from(fd);
        continue;
      }
      int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
      if (accepted < 0 || accepted >= CONNECTIONS_MAX) {
        if (accepted >= 0) {
          close(accepted);
        }
        continue;
      }
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      interest = (struct epoll_event){.events = EPOLLIN, .data.fd = accepted};
      epoll_ctl(loop, EPOLL_CTL_ADD, accepted, &interest);
    }
  }
}
