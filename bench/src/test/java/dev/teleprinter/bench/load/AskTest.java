// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import org.junit.jupiter.api.Test;

class AskTest {
  @Test
  void writesARequestOfHttp1() {
    var ask = Ask.post("/pub", "text/plain", "hello").with("authorization", "Bearer x");
    assertThat(new String(ask.http1(80), ISO_8859_1))
        .isEqualTo(
            "POST /pub HTTP/1.1\r\nhost: 127.0.0.1:80\r\ncontent-type: text/plain\r\n"
                + "authorization: Bearer x\r\ncontent-length: 5\r\n\r\nhello");
  }

  @Test
  void writesAHeaderBlockThatOthersRead() throws Http2Exception {
    var path = "/sub/" + "x".repeat(400);
    var block = Ask.get(path).with("last-event-id", "k-1").http2(8080, true);
    var headers = new DefaultHttp2HeadersDecoder().decodeHeaders(1, Unpooled.wrappedBuffer(block));
    assertThat(headers.method()).hasToString("GET");
    assertThat(headers.scheme()).hasToString("https");
    assertThat(headers.authority()).hasToString("127.0.0.1:8080");
    assertThat(headers.path()).hasToString(path);
    assertThat(headers.get("last-event-id")).hasToString("k-1");
  }
}
