// SPDX-License-Identifier: Apache-2.0
package rival;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What one writes with Spring WebFlux: a sink by topic. */
@EnableAutoConfiguration
@RestController
public class Webflux {
  private static final int BUFFERED = 8192;
  private static final Duration BUSY = Duration.ofSeconds(10);

  private final Map<String, Sinks.Many<ServerSentEvent<String>>> topics =
      new ConcurrentHashMap<>();
  private final AtomicLong sequence = new AtomicLong();

  public static void main(String[] args) {
    var application = new SpringApplication(Webflux.class);
    application.setDefaultProperties(
        Map.of(
            "spring.main.web-application-type", "reactive",
            "spring.main.banner-mode", "off",
            "logging.level.root", "ERROR",
            "server.address", "127.0.0.1",
            "server.netty.max-keep-alive-requests", "1000000000"));
    application.run(args);
  }

  @GetMapping("/sub/{names}")
  Flux<ServerSentEvent<String>> subscribe(@PathVariable List<String> names) {
    var hello = Flux.just(ServerSentEvent.<String>builder().comment("").build());
    var events = names.stream().map(name -> topic(name).asFlux()).toList();
    return Flux.merge(hello, events.size() == 1 ? events.get(0) : Flux.merge(events));
  }

  @PostMapping("/pub/{name}")
  Mono<Void> publish(@PathVariable String name, @RequestBody String data) {
    var id = Long.toString(sequence.incrementAndGet());
    var event = ServerSentEvent.builder(data).id(id).build();
    topic(name).emitNext(event, Sinks.EmitFailureHandler.busyLooping(BUSY));
    return Mono.empty();
  }

  private Sinks.Many<ServerSentEvent<String>> topic(String name) {
    return topics.computeIfAbsent(
        name, _ -> Sinks.many().multicast().onBackpressureBuffer(BUFFERED, false));
  }
}
