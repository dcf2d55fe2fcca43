// SPDX-License-Identifier: Apache-2.0

/** @import { Subject } from './verdicts.js' */
/** @typedef {'none' | 'nginx' | 'apache' | 'caddy' | 'cloudflare' | 'envoy' | 'kubernetes'} Proxy */

/** @type {Record<Proxy, string>} */
export const PROXIES = {
  none: 'nothing',
  nginx: 'nginx',
  apache: 'Apache',
  caddy: 'Caddy',
  cloudflare: 'Cloudflare',
  envoy: 'Envoy',
  kubernetes: 'Kubernetes ingress-nginx',
};

/** What to write where, by what is wrong. @type {Record<Proxy, Partial<Record<Subject, string>>>} */
const CURES = {
  none: {
    idle: `# In Teleprinter's file: more often than whatever cuts.
timeouts: {heartbeat: 5s}`,
    tabs: `# In Teleprinter's file: browsers speak HTTP/2 over TLS only.
tls: {certificate: cert.pem, key: key.pem}`,
  },
  nginx: {
    delivery: `location / {
  proxy_pass http://127.0.0.1:8080;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffering off;
  # and no proxy_ignore_headers X-Accel-Buffering
}`,
    compression: `# In the location of the streams; or take text/event-stream out of gzip_types.
gzip off;`,
    response: `# Take out what changes these headers of Teleprinter's:
#   proxy_hide_header Content-Type;  proxy_hide_header Cache-Control;
#   add_header Cache-Control …;      expires …;`,
    resume: `# Take out: proxy_set_header Last-Event-ID "";
proxy_set_header Last-Event-ID $http_last_event_id;`,
    headers: `# Take out: proxy_pass_request_headers off;  proxy_set_header NAME "";
# and pass the query on: proxy_pass http://127.0.0.1:8080;  (no path, no rewrite)
proxy_pass_request_headers on;`,
    statuses: `# Take out error_page for 204 and 5xx of this location.
proxy_intercept_errors off;`,
    idle: `proxy_read_timeout 1h;
proxy_send_timeout 1h;`,
    tabs: `# HTTP/2 to browsers. From nginx 1.25.1 on: listen 443 ssl; http2 on;
listen 443 ssl http2;`,
  },
  apache: {
    delivery: `ProxyPass        / http://127.0.0.1:8080/ flushpackets=on
ProxyPassReverse / http://127.0.0.1:8080/
# Apache itself lets each event through: look for filters that collect
# (SetOutputFilter …) and for another proxy behind it.`,
    compression: `# Name the types to compress, text/event-stream not among them.
AddOutputFilterByType DEFLATE text/html text/css text/javascript application/json
# Instead of: SetOutputFilter DEFLATE`,
    response: `# Take out: Header set Cache-Control …, ExpiresActive On and ForceType for this path.`,
    resume: `# Take out: RequestHeader unset Last-Event-ID`,
    headers: `# Take out: RequestHeader unset …; and pass the query on: a RewriteRule
# with [P] keeps it unless it sets one of its own or says [QSD].`,
    statuses: `ProxyErrorOverride Off`,
    idle: `ProxyPass / http://127.0.0.1:8080/ flushpackets=on timeout=3600`,
    tabs: `# a2enmod http2, with the event MPM; in the TLS host:
Protocols h2 http/1.1`,
  },
  caddy: {
    delivery: `reverse_proxy 127.0.0.1:8080 {
  flush_interval -1
}`,
    compression: `encode gzip {
  match {
    header Content-Type text/html*
    header Content-Type text/css*
    header Content-Type text/javascript*
  }
}`,
    response: `# Take out: header Cache-Control … and header_down for these.`,
    resume: `# Take out of reverse_proxy: header_up -Last-Event-ID`,
    headers: `# Take out of reverse_proxy: header_up -NAME, and rewrite without {query}`,
    statuses: `# Take out of reverse_proxy: handle_response and replace_status`,
    idle: `reverse_proxy 127.0.0.1:8080 {
  transport http {
    read_timeout 0
  }
}`,
    tabs: `# Caddy speaks HTTP/2 as soon as it serves https:
example.org {
  reverse_proxy 127.0.0.1:8080
}`,
  },
  cloudflare: {
    delivery: `Network → Response Buffering: off (Enterprise).
No Worker on this path that reads the whole body (await response.text()).`,
    compression: `Rules → Compression Rules → for text/event-stream: Disable compression.
Teleprinter's Cache-Control: no-transform says so too; keep it.`,
    response: `Rules → Transform Rules → Modify Response Header: leave Content-Type and
Cache-Control alone. Caching → Cache Rules: Bypass for this path.`,
    resume: `Rules → Transform Rules → Modify Request Header: do not remove Last-Event-ID.
Caching → Cache Rules: Bypass for this path.`,
    headers: `Rules → Transform Rules → Modify Request Header: remove no header here;
→ Rewrite URL: keep the query.`,
    statuses: `Rules → Custom Errors: not for this path.`,
    idle: `A proxied response may be silent for 100 s. In Teleprinter's file stay below it:
timeouts: {heartbeat: 15s}`,
    tabs: `Speed → Settings → Protocol → HTTP/2 to Visitors: on`,
  },
  envoy: {
    delivery: `# On the route, if envoy.filters.http.buffer is in the chain:
typed_per_filter_config:
  envoy.filters.http.buffer:
    "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute
    disabled: true`,
    compression: `# In the compressor filter; text/event-stream is not in the list.
response_direction_config:
  common_config:
    content_type: [text/html, text/css, text/javascript, application/json]`,
    response: `# Take out of the route: response_headers_to_add and _to_remove for
# content-type and cache-control.`,
    resume: `# Take out of the route: request_headers_to_remove: [last-event-id]`,
    headers: `# Take out of the route: request_headers_to_remove, and a
# regex_rewrite that drops the query.`,
    statuses: `# Take out local_reply_config and the custom_response filter for this route.`,
    idle: `route:
  timeout: 0s
  idle_timeout: 0s`,
    tabs: `# In the listener's DownstreamTlsContext:
common_tls_context:
  alpn_protocols: [h2, http/1.1]`,
  },
  kubernetes: {
    delivery: `metadata:
  annotations:
    nginx.ingress.kubernetes.io/proxy-buffering: "off"`,
    compression: `# In the controller's ConfigMap; or gzip-types without text/event-stream.
data:
  use-gzip: "false"`,
    response: `# Take out of the annotations: configuration-snippet with more_set_headers for
# Content-Type or Cache-Control.`,
    resume: `# Take out of the ConfigMap: hide-headers and proxy-set-headers with Last-Event-ID.`,
    headers: `# Take out: proxy-set-headers that empty a header, and auth-* annotations
# that take Authorization for themselves.`,
    statuses: `metadata:
  annotations:
    nginx.ingress.kubernetes.io/disable-proxy-intercept-errors: "true"
# and take out custom-http-errors`,
    idle: `metadata:
  annotations:
    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
    nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"`,
    tabs: `# With TLS on the Ingress it is on; in the ConfigMap:
data:
  use-http2: "true"`,
  },
};

/** The text to write, undefined when nothing written there helps. */
export function cure(/** @type {Proxy} */ proxy, /** @type {Subject} */ subject) {
  return CURES[proxy][subject];
}

/** Who answered, by what it left in the answer's headers. @param {Record<string, string>} headers @returns {Proxy | undefined} */
export function proxyOf(headers) {
  if ('cf-ray' in headers || headers.server === 'cloudflare') return 'cloudflare';
  const signed = `${headers.server ?? ''} ${headers.via ?? ''}`.toLowerCase();
  const names = /** @type {Proxy[]} */ (['nginx', 'apache', 'caddy', 'envoy']);
  return names.find((name) => signed.includes(name)) ?? (signed.includes('openresty') ? 'nginx' : undefined);
}
