// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpOutputMessage;
import org.springframework.http.MediaType;
import org.springframework.http.converter.StringHttpMessageConverter;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Time to put one event on an output stream, from its parts as strings to bytes: ours beside Spring
 * MVC's {@code SseEmitter}, whose parts are written by the converter it writes them with.
 *
 * <pre>mvn -B -ntp -q -Pjmh -pl bench -am -DskipTests test</pre>
 *
 * <p>runs both codec benchmarks; {@code -Djmh.args="Encode -prof gc"} runs this one. See
 * docs/benchmarks/README.md.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecEncodeBenchmark {
  /** What the event carries. */
  @Param public Payload payload;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
  private final StringHttpMessageConverter converter = new StringHttpMessageConverter(UTF_8);
  private final HttpOutputMessage message = new OutputMessage(out);

  /** {@return how many bytes ours wrote} */
  @Benchmark
  public int teleprinter() {
    out.reset();
    Event given = payload.event;
    var event = new Event(given.id(), given.type(), given.data(), null);
    out.writeBytes(EventEncoder.encode(event));
    return out.size();
  }

  /** {@return how many bytes Spring's wrote} */
  @Benchmark
  public int spring() throws IOException {
    out.reset();
    Event given = payload.event;
    var parts = SseEmitter.event().id(given.id()).data(given.data()).build();
    for (var part : parts) {
      converter.write((String) part.getData(), part.getMediaType(), message);
    }
    return out.size();
  }

  private record OutputMessage(OutputStream getBody, HttpHeaders getHeaders)
      implements HttpOutputMessage {
    OutputMessage(OutputStream body) {
      this(body, new HttpHeaders());
      getHeaders.setContentType(MediaType.TEXT_EVENT_STREAM);
    }
  }
}
