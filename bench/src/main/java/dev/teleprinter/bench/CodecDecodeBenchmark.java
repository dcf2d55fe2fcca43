// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.sse.EventDecoder;
import dev.teleprinter.sse.EventEncoder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import okio.Okio;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.springframework.core.ResolvableType;
import org.springframework.core.codec.StringDecoder;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ReactiveHttpInputMessage;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.codec.ServerSentEventHttpMessageReader;
import reactor.core.publisher.Flux;

/**
 * Time to read one event, of a body of 64 that comes in pieces of 8 KiB: ours beside OkHttp's, both
 * from an input stream, and the reader of Spring's WebClient, which is given the pieces.
 *
 * <pre>mvn -B -ntp -q -Pjmh -pl bench -am -DskipTests test</pre>
 *
 * <p>runs both codec benchmarks; {@code -Djmh.args="Decode -prof gc"} runs this one. See
 * docs/benchmarks/README.md.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecDecodeBenchmark {
  private static final int EVENTS = 64;
  private static final ResolvableType SPRING_EVENT =
      ResolvableType.forClassWithGenerics(ServerSentEvent.class, String.class);
  private static final int READ_BYTES = 8192; // as Okio reads

  /** What each event carries. */
  @Param public Payload payload;

  private final byte[] read = new byte[READ_BYTES];
  private final ServerSentEventHttpMessageReader springReader =
      new ServerSentEventHttpMessageReader(StringDecoder.allMimeTypes());
  private byte[] body;
  private Response response;

  /** Makes the body, and requires that all read its 64 events, and ours and OkHttp's exactly. */
  @Setup
  public void makeBody() throws IOException {
    var all = new ByteArrayOutputStream();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      all.writeBytes(EventEncoder.encode(payload.event));
      expected.add(payload.event.id() + payload.event.data());
    }
    body = all.toByteArray();
    response =
        new Response.Builder()
            .request(new Request.Builder().url("http://localhost/").build())
            .protocol(Protocol.HTTP_1_1)
            .code(200)
            .message("OK")
            .build();
    List<String> ours = new ArrayList<>();
    List<String> okhttps = new ArrayList<>();
    readByTeleprinter(event -> ours.add(event.id() + event.data()));
    readByOkhttp(
        new EventSourceListener() {
          @Override
          public void onEvent(EventSource source, String id, String type, String data) {
            okhttps.add(id + data);
          }
        });
    long springs = springEvents().count().block(); // their lines lose leading spaces
    if (!ours.equals(expected) || !okhttps.equals(expected) || springs != EVENTS) {
      throw new IllegalStateException("events read: not those written");
    }
  }

  /** Ours. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void teleprinter(Blackhole events) throws IOException {
    readByTeleprinter(event -> {
      events.consume(event.id());
      events.consume(event.type());
      events.consume(event.data());
    });
  }

  /** OkHttp's. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void okhttp(Blackhole events) {
    readByOkhttp(
        new EventSourceListener() {
          @Override
          public void onEvent(EventSource source, String id, String type, String data) {
            events.consume(id);
            events.consume(type);
            events.consume(data);
          }
        });
  }

  /** Spring's. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void spring(Blackhole events) {
    springEvents()
        .doOnNext(event -> {
          events.consume(event.id());
          events.consume(event.event());
          events.consume(event.data());
        })
        .blockLast();
  }

  private void readByTeleprinter(EventDecoder.Sink sink) throws IOException {
    var in = new ByteArrayInputStream(body);
    var decoder = new EventDecoder(sink, 1 << 20);
    for (int bytes = in.read(read); bytes > 0; bytes = in.read(read)) {
      decoder.feed(read, 0, bytes);
    }
    decoder.end();
  }

  private void readByOkhttp(EventSourceListener listener) {
    var source = Okio.buffer(Okio.source(new ByteArrayInputStream(body)));
    var content = ResponseBody.create(source, MediaType.get("text/event-stream"), -1);
    EventSources.processResponse(response.newBuilder().body(content).build(), listener);
  }

  private Flux<ServerSentEvent<?>> springEvents() {
    var pieces =
        Flux.range(0, (body.length + READ_BYTES - 1) / READ_BYTES)
            .map(piece -> {
              int from = piece * READ_BYTES;
              int bytes = Math.min(READ_BYTES, body.length - from);
              return (DataBuffer)
                  DefaultDataBufferFactory.sharedInstance.wrap(
                      ByteBuffer.wrap(body, from, bytes).slice());
            });
    return springReader
        .read(SPRING_EVENT, new InputMessage(pieces, new HttpHeaders()), Map.of())
        .map(event -> (ServerSentEvent<?>) event);
  }

  private record InputMessage(Flux<DataBuffer> getBody, HttpHeaders getHeaders)
      implements ReactiveHttpInputMessage {}
}
