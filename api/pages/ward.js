"use strict";
/* A ward's screen: the protocol of docs/workstations.md. Texts are only ever
   set as text; what is not yet noted by the server is sent again. */
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const at = (id) => document.getElementById(id);
  const shown = new Map();
  const waiting = new Map();
  let socket = null, last = 0, pause = 500, here = null;

  const kept = () => JSON.parse(sessionStorage.getItem("hmc_ward") || "null");
  const state = (text) => { at("state").textContent = text; };

  function make(tag, text, kind) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function say(message) {
    if (socket && socket.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify(message));
  }

  function report(id, stage, more) {
    const ack = { type: "ack", id, stage, at: new Date().toISOString(), ...more };
    waiting.set(id + stage, ack);
    say(ack);
  }

  function count() {
    at("none").hidden = shown.size > 0;
  }

  function finish(id, text) {
    const box = shown.get(id);
    if (!box) return;
    box.classList.add("over");
    box.querySelector(".do").replaceChildren(closing(id));
    box.querySelector(".note").textContent = text;
  }

  /* What no longer holds is seen by nobody: its words go, and what was typed. */
  function remove(id, text) {
    const box = shown.get(id);
    if (!box) return;
    for (const [key, ack] of waiting) if (ack.id === id) waiting.delete(key);
    for (const part of box.querySelectorAll("h2, p:not(.note)")) part.remove();
    finish(id, text);
  }

  function expireLater(id, at) {
    const left = at - Date.now();
    if (left <= 0) remove(id, words.expired);
    else setTimeout(() => expireLater(id, at), Math.min(left, 2 ** 31 - 1));
  }

  function closing(id) {
    const button = make("button", words.close);
    button.type = "button";
    button.addEventListener("click", () => {
      shown.get(id).remove();
      shown.delete(id);
      count();
    });
    return button;
  }

  function answer(message, stage, field) {
    const note = shown.get(message.id).querySelector(".note");
    const user = at("user").value.trim();
    if (!user) {
      note.textContent = words.who;
      at("user").focus();
      return;
    }
    note.textContent = words.sending;
    const more = { user };
    if (field && field.value.trim()) more.read_back = field.value.trim();
    report(message.id, stage, more);
  }

  function buttons(message) {
    const row = make("div", undefined, "do");
    let field = null;
    if (message.read_back) {
      field = make("input");
      field.id = "read-" + message.id;
      field.autocomplete = "off";
      field.maxLength = 1000;
      const label = make("label", words.read_back);
      label.htmlFor = field.id;
      row.append(label, field);
    }
    for (const [stage, text] of [["confirmed", words.confirm], ["rejected", words.reject]]) {
      const button = make("button", text, stage === "confirmed" ? "yes" : "");
      button.type = "button";
      button.addEventListener("click", () => answer(message, stage, field));
      row.append(button);
    }
    return row;
  }

  function show(message) {
    if (shown.has(message.id)) return;
    const box = make("article", undefined, message.level);
    box.dataset.id = message.id;
    const note = make("p", "", "note");
    note.setAttribute("role", "status");
    box.append(make("span", words[message.level], "level"), make("h2", message.title),
      make("p", message.body), buttons(message), note);
    shown.set(message.id, box);
    at("popups").prepend(box);
    count();
    report(message.id, "displayed");
    expireLater(message.id, Date.parse(message.expire_at));
  }

  function refused(message) {
    const key = message.id + message.stage, ack = waiting.get(key);
    const note = shown.has(message.id) && shown.get(message.id).querySelector(".note");
    if (message.why === "later") {
      setTimeout(() => { if (waiting.get(key) === ack) say(ack); }, 3000);
      if (note) note.textContent = words.later;
      return;
    }
    waiting.delete(key);
    if (note && message.why === "invalid") note.textContent = words.wrong;
  }

  function take(message) {
    if (message.seq > last) last = message.seq;
    if (message.type === "welcome") {
      state(words.online + " · " + message.id);
      pause = 500;
      for (const ack of waiting.values()) say(ack);
    } else if (message.type === "msg") {
      report(message.id, "received");
      show(message);
    } else if (message.type === "withdraw") {
      if (message.why === "confirmed") finish(message.id, words.elsewhere);
      else remove(message.id, words[message.why] || words.recalled);
    } else if (message.type === "noted") {
      waiting.delete(message.id + message.stage);
      if (message.stage === "confirmed") finish(message.id, words.confirmed);
      if (message.stage === "rejected") finish(message.id, words.rejected);
    } else if (message.type === "refused") {
      refused(message);
    }
  }

  function open() {
    const way = location.protocol === "https:" ? "wss:" : "ws:";
    const place = "/v1/workstations/" + encodeURIComponent(here.station);
    const mine = new WebSocket(way + "//" + location.host + place);
    socket = mine;
    mine.addEventListener("open", () =>
      say({ type: "hello", last_seq: last, secret: here.secret }));
    mine.addEventListener("message", (event) => take(JSON.parse(event.data)));
    mine.addEventListener("close", (event) => {
      if (socket !== mine) return;
      if (event.code === 4401 || event.code === 4403) { leave(words.refused); return; }
      state(words.offline);
      setTimeout(() => { if (socket === mine) open(); }, pause);
      pause = Math.min(pause * 2, 10000);
    });
  }

  function enter(who) {
    here = who;
    sessionStorage.setItem("hmc_ward", JSON.stringify(who));
    at("enter").hidden = true;
    at("ward").hidden = at("leave").hidden = false;
    count();
    open();
  }

  function leave(why) {
    const old = socket;
    socket = here = null;
    last = 0;
    if (old) old.close();
    sessionStorage.removeItem("hmc_ward");
    shown.clear();
    waiting.clear();
    at("popups").replaceChildren();
    at("enter").hidden = false;
    at("ward").hidden = at("leave").hidden = true;
    state(why);
  }

  at("enter").addEventListener("submit", (event) => {
    event.preventDefault();
    const who = { station: at("station").value.trim(), secret: at("secret").value.trim() };
    at("secret").value = "";
    enter(who);
  });
  at("leave").addEventListener("click", () => leave(""));
  if (kept()) enter(kept());
})();
