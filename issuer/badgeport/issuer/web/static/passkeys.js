"use strict";
/* Making and showing passkeys (WebAuthn). Pages say what to do without. */
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const wrong = document.getElementById("passkey-wrong");

  async function send(address, csrf, values) {
    const body = new URLSearchParams({ csrf, ...values });
    const answer = await fetch(address, { method: "POST", body, credentials: "same-origin" });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.wrong || told.detail || answer.statusText);
    return told;
  }

  function readied(options) {
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    for (const list of [options.excludeCredentials, options.allowCredentials])
      for (const one of list || []) one.id = bytes(one.id);
    return { publicKey: options };
  }

  function packed(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (credential.response[name]) response[name] = text(credential.response[name]);
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      clientExtensionResults: credential.getClientExtensionResults() });
  }

  async function ceremony(button, options, submit, ask, more) {
    wrong.textContent = "";
    button.disabled = true;
    try {
      const begun = await send(options, button.dataset.csrf, {});
      const credential = await ask(readied(JSON.parse(begun.options)));
      const done = await send(submit, button.dataset.csrf, { secret: begun.secret, credential: packed(credential), ...more() });
      location.assign(done.next);
    } catch (error) {
      wrong.textContent = error.message;
      button.disabled = false;
    }
  }

  if (!window.PublicKeyCredential) return;
  const show = document.getElementById("passkey");
  if (show) {
    show.hidden = false;
    show.addEventListener("click", () => ceremony(show, "/sign-in/passkey/options", "/sign-in/passkey",
      (options) => navigator.credentials.get(options), () => ({ next: show.dataset.next })));
  }
  const add = document.getElementById("add-passkey");
  if (add) {
    document.getElementById("new-passkey").hidden = false;
    add.addEventListener("click", () => ceremony(add, "/account/passkeys/options", "/account/passkeys",
      (options) => navigator.credentials.create(options), () => ({ name: document.getElementById("passkey-name").value })));
  }
})();
