// Passkeys: asks the server for options, the browser for an answer, and sends that with the form.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const credentials = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));

  const read = (options) => {
    const publicKey = { ...options, challenge: bytes(options.challenge) };
    if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) publicKey.excludeCredentials = credentials(options.excludeCredentials);
    if (options.allowCredentials) publicKey.allowCredentials = credentials(options.allowCredentials);
    return publicKey;
  };
  const write = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const trouble = form.querySelector("[data-passkey-error]");
    const complain = (words) => { trouble.textContent = words; trouble.hidden = false; };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      trouble.hidden = true;
      if (!window.PublicKeyCredential) return complain("This browser knows no passkeys.");
      try {
        const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
        const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual" });
        if (!answer.ok || !answer.headers.get("Content-Type").startsWith("application/json")) return location.reload();
        const publicKey = read(await answer.json());
        const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
        form.elements.answer.value = write(credential);
        form.submit();
      } catch (error) {
        complain(error.name === "InvalidStateError" ? "This passkey is known already." : "Nothing was confirmed. Try again.");
      }
    });
  });
})();
