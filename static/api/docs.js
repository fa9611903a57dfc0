"use strict";

const operations = document.getElementById("operations");
window.ui = SwaggerUIBundle({
  url: operations.dataset.schema,
  domNode: operations,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  requestInterceptor: (request) => {
    // "Try it out" sends what a client would: a fresh key for each POST that names none.
    if (request.method === "POST" && !request.headers["Idempotency-Key"]) {
      request.headers["Idempotency-Key"] = crypto.randomUUID();
    }
    return request;
  },
});
