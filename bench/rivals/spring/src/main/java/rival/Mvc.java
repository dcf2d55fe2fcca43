// SPDX-License-Identifier: Apache-2.0
package rival;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** What one writes with Spring MVC: a set of emitters by topic, and a loop. */
@EnableAutoConfiguration
@RestController
public class Mvc {
  private final Map<String, Set<SseEmitter>> topics = new ConcurrentHashMap<>();
  private final AtomicLong sequence = new AtomicLong();

  public static void main(String[] args) {
    var application = new SpringApplication(Mvc.class);
    application.setDefaultProperties(
        Map.of(
            "spring.main.web-application-type", "servlet",
            "spring.main.banner-mode", "off",
            "logging.level.root", "ERROR",
            "server.address", "127.0.0.1",
            "spring.threads.virtual.enabled", "true",
            "server.tomcat.max-connections", "20000",
            "server.tomcat.accept-count", "4096",
            "server.tomcat.max-keep-alive-requests", "-1"));
    application.run(args);
  }

  @GetMapping("/sub/{names}")
  SseEmitter subscribe(@PathVariable List<String> names) throws IOException {
    var emitter = new SseEmitter(0L);
    Runnable leave = () -> names.forEach(name -> topics.get(name).remove(emitter));
    emitter.onCompletion(leave);
    emitter.onError(_ -> leave.run());
    names.forEach(
        name -> topics.computeIfAbsent(name, _ -> ConcurrentHashMap.newKeySet()).add(emitter));
    emitter.send(SseEmitter.event().comment("")); // the head goes out at once
    return emitter;
  }

  @PostMapping("/pub/{name}")
  void publish(@PathVariable String name, @RequestBody String data) {
    var id = Long.toString(sequence.incrementAndGet());
    for (var emitter : topics.getOrDefault(name, Set.of())) {
      try {
        emitter.send(SseEmitter.event().id(id).data(data));
      } catch (IOException | IllegalStateException e) {
        emitter.completeWithError(e);
      }
    }
  }
}
