// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One request, and how it looks on the wire. ASCII only. Immutable.
 *
 * @param method such as GET
 * @param path with query
 * @param headers names in lower case; those that every request has are added
 * @param body empty for none
 */
public record Ask(String method, String path, List<Header> headers, String body) {
  private static final int PATH = 4; // places in the static table of RFC 7541, appendix A
  private static final int AUTHORITY = 1;
  private static final byte METHOD_GET = (byte) 0x82;
  private static final byte SCHEME_HTTP = (byte) 0x86;
  private static final byte SCHEME_HTTPS = (byte) 0x87;

  /** A header. Immutable. */
  public record Header(String name, String value) {}

  public Ask {
    headers = List.copyOf(headers);
  }

  /** {@return a request to read an event stream} */
  public static Ask get(String path) {
    return new Ask("GET", path, List.of(new Header("accept", "text/event-stream")), "");
  }

  /** {@return a request with a body} */
  public static Ask post(String path, String contentType, String body) {
    return new Ask("POST", path, List.of(new Header("content-type", contentType)), body);
  }

  /** {@return the same with one more header} */
  public Ask with(String name, String value) {
    var more = new ArrayList<>(headers);
    more.add(new Header(name, value));
    return new Ask(method, path, more, body);
  }

  byte[] http1(int port) {
    var text = new StringBuilder();
    text.append(method).append(' ').append(path).append(" HTTP/1.1\r\nhost: 127.0.0.1:");
    text.append(port).append("\r\n");
    for (var header : headers) {
      text.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    if (!body.isEmpty()) {
      text.append("content-length: ").append(body.length()).append("\r\n");
    }
    return text.append("\r\n").append(body).toString().getBytes(ISO_8859_1);
  }

  /** {@return the header block of a GET: nothing of it depends on what was sent before} */
  byte[] http2(int port, boolean tls) {
    var block = new ByteArrayOutputStream();
    block.write(METHOD_GET);
    block.write(tls ? SCHEME_HTTPS : SCHEME_HTTP);
    block.write(PATH);
    text(block, path);
    block.write(AUTHORITY);
    text(block, "127.0.0.1:" + port);
    for (var header : headers) {
      block.write(0); // a literal with a literal name, not indexed
      text(block, header.name);
      text(block, header.value);
    }
    return block.toByteArray();
  }

  /** RFC 7541 5.2, without Huffman's code. */
  private static void text(ByteArrayOutputStream block, String text) {
    int rest = text.length();
    if (rest < 127) {
      block.write(rest);
    } else {
      block.write(127);
      rest -= 127;
      while (rest >= 128) {
        block.write(rest % 128 + 128);
        rest /= 128;
      }
      block.write(rest);
    }
    block.writeBytes(text.getBytes(ISO_8859_1));
  }
}
