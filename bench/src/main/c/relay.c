// SPDX-License-Identifier: Apache-2.0
//
// The physical limit of a relay: one epoll loop that pairs each connection with one to the upstream,
// and for whatever comes on one calls recv() and send() once. It knows no HTTP, keeps nothing,
// checks nothing and waits for a reader that is full. Not a server to use.
//
// Usage: relay PORT UPSTREAM_PORT

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 20000, EVENTS = 512 };

static int peers[CONNECTIONS_MAX]; // of each connection, its other end; 0 when it is closed
static char bytes[1 << 16];

static struct sockaddr_in loopback(const char *port) {
  return (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons((unsigned short)atoi(port)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int loop, int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  struct epoll_event interest = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(loop, EPOLL_CTL_ADD, fd, &interest);
}

static void take(int loop, int listener, const struct sockaddr_in *upstream) {
  int reader = accept(listener, NULL, NULL);
  if (reader < 0) {
    return;
  }
  int model = socket(AF_INET, SOCK_STREAM, 0);
  if (model < 0 || model >= CONNECTIONS_MAX || reader >= CONNECTIONS_MAX ||
      connect(model, (const struct sockaddr *)upstream, sizeof *upstream)) {
    perror("connect");
    exit(1);
  }
  peers[reader] = model;
  peers[model] = reader;
  watch(loop, reader);
  watch(loop, model);
}

static void part(int fd) {
  int peer = peers[fd];
  peers[fd] = peers[peer] = 0;
  close(fd);
  close(peer);
}

static void pass(int fd) {
  ssize_t got = recv(fd, bytes, sizeof bytes, 0);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) {
      part(fd);
    }
    return;
  }
  for (ssize_t at = 0; at < got;) {
    ssize_t sent = send(peers[fd], bytes + at, (size_t)(got - at), MSG_NOSIGNAL);
    if (sent >= 0) {
      at += sent;
    } else if (errno == EAGAIN) {
      struct pollfd waiting = {.fd = peers[fd], .events = POLLOUT};
      poll(&waiting, 1, 1000);
    } else if (errno != EINTR) {
      part(fd);
      return;
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: relay PORT UPSTREAM_PORT\n");
    return 2;
  }
  int on = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = loopback(argv[1]);
  struct sockaddr_in upstream = loopback(argv[2]);
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
      if (fd == listener) {
        take(loop, listener, &upstream);
      } else if (peers[fd]) { // else its other end was closed in this very round
        pass(fd);
      }
    }
  }
}
