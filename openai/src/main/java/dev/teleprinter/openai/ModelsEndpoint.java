// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/models}: what the configuration names, and what upstreams for any model list. */
final class ModelsEndpoint {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.openai");

  private record Listed(long atNs, List<ObjectNode> models) {}

  private final Upstreams upstreams;
  private final Scheduler scheduler;
  private final Duration keptFor;
  private final MemoryBudget budget;
  private final Map<String, Listed> listed = new ConcurrentHashMap<>();

  ModelsEndpoint(Upstreams upstreams, Scheduler scheduler, Duration keptFor, MemoryBudget budget) {
    this.upstreams = upstreams;
    this.scheduler = scheduler;
    this.keptFor = keptFor;
    this.budget = budget;
  }

  Response list(Request http) {
    var body = Json.object().put("object", "list");
    var data = body.putArray("data");
    models().values().forEach(data::add);
    return Response.json(200, Json.write(body));
  }

  Response get(Request http) {
    var id = http.pathParameter("id");
    var model = models().get(id);
    if (model == null) {
      throw ApiException.notFound(
          "model", "model_not_found", "The model '" + id + "' does not exist here.");
    }
    return Response.json(200, Json.write(model));
  }

  /** By id, in the order of upstreams: the first that has it is the one that is asked. */
  private Map<String, ObjectNode> models() {
    var models = new LinkedHashMap<String, ObjectNode>();
    for (var upstream : upstreams.all()) {
      for (var name : upstream.models()) {
        if (!name.equals(UpstreamConfig.ANY_MODEL)) {
          models.putIfAbsent(
              name,
              Json.object()
                  .put("id", name)
                  .put("object", "model")
                  .put("created", 0)
                  .put("owned_by", upstream.name()));
        }
      }
    }
    for (var upstream : upstreams.all()) {
      if (upstream.models().contains(UpstreamConfig.ANY_MODEL)) {
        for (var model : listOf(upstream)) {
          models.putIfAbsent(Json.text(model, "id", ""), model);
        }
      }
    }
    return models;
  }

  private List<ObjectNode> listOf(Upstream upstream) {
    long nowNs = scheduler.nowNs();
    var before = listed.get(upstream.name());
    if (before != null && nowNs - before.atNs < keptFor.toNanos()) {
      return before.models;
    }
    var models = before == null ? List.<ObjectNode>of() : before.models;
    try (var memory = AnswerMemory.open(budget)) {
      models = upstream.listModels(memory);
    } catch (UpstreamException e) {
      LOG.log(Level.WARNING, "upstream {0} lists no models: {1}", upstream.name(), e.kind().code);
    }
    listed.put(upstream.name(), new Listed(nowNs, models)); // a failure is kept for a while too
    return models;
  }
}
