// Comfort only: without it everything works, by whole pages.
"use strict";
(() => {
  // The browser's own zone, where none was chosen; until the browser is closed, so that it travels along.
  const chosen = () => /(^|; )monitor-zone=/.test(document.cookie);
  const field = document.querySelector("#zone input[name=zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own && !chosen()) {
    document.cookie = `monitor-zone=${own}; Path=/; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
    if (field && field.value !== own && chosen()) location.reload();
  }
  field?.addEventListener("focus", () => {
    const zones = Intl.supportedValuesOf?.("timeZone") ?? [];
    field.list.append(...zones.map((zone) => new Option(zone, zone)));
  }, { once: true });

  // Buttons of forms that stay: what they changed is shown in its place, and the rest is left alone.
  const target = (button) => button.getAttribute("formaction") ?? button.form?.getAttribute("action");
  let busy = false;
  document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button?.form.classList.contains("stay")) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    const fields = new URLSearchParams(new FormData(button.form));
    if (button.name) fields.append(button.name, button.value);
    try {
      const answer = await fetch(target(button), { method: "POST", body: fields });
      show(button, answer, new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      tell(button, "The page does not answer. Try again.");
    } finally {
      busy = false;
    }
  });

  function show(button, answer, page) {
    const old = button.closest("li[id]") ?? document.getElementById("main");
    const fresh = page.getElementById(old.id);
    if (!page.getElementById("main")) location.reload();
    else if (!answer.ok) tell(button, page.querySelector("#main p").textContent);
    else if (!fresh || new URL(answer.url).pathname !== location.pathname) location.assign(answer.url);
    else {
      old.replaceWith(document.adoptNode(fresh));
      const same = [...fresh.querySelectorAll("button")].filter((one) => target(one) === target(button));
      fresh.tabIndex = -1;
      (same.find((one) => one.textContent === button.textContent) ?? same[0] ?? fresh).focus({ preventScroll: true });
    }
  }

  function tell(button, text) {
    const said = document.createElement("p");
    said.className = "fault";
    said.role = "alert";
    said.textContent = text;
    button.parentElement.querySelector("[role=alert]")?.remove();
    button.after(said);
  }
})();
