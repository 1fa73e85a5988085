// What the page does more where JavaScript runs. Everything works without it.
"use strict";

const byId = (id) => document.getElementById(id);

function show(element) {
  if (element) element.hidden = false;
}

// -- the box: dropped and pasted files, names of what was chosen, a sign of life while it is checked

const form = byId("ask");
if (form) {
  const box = byId("box");
  const file = byId("file");
  const photo = byId("photo");
  const chosen = byId("chosen");
  const busy = byId("busy");
  const go = byId("go");

  const tell = () => {
    const names = [...file.files, ...photo.files].map((each) => each.name);
    chosen.textContent = names.length ? chosen.dataset.one.replace("{names}", names.join(", ")) : "";
  };
  const take = (files) => {
    if (!files || !files.length) return false;
    const transfer = new DataTransfer();
    for (const each of files) transfer.items.add(each);
    file.files = transfer.files;
    tell();
    go.focus();
    return true;
  };

  form.classList.add("lively");
  file.addEventListener("change", tell);
  photo.addEventListener("change", tell);
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      box.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) box.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    box.classList.remove("over");
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData && event.clipboardData.files)) event.preventDefault();
  });
  form.addEventListener("submit", () => {
    busy.textContent = form.dataset.busy;
    // Only after the form was read, which leaves a disabled button out.
    setTimeout(() => { go.disabled = true; }, 0);
  });
  addEventListener("pageshow", () => {
    go.disabled = false;
    busy.textContent = "";
    tell();
  });

  // -- the camera: one picture, sent like a chosen file

  const scan = byId("scan");
  const viewer = byId("viewer");
  const video = byId("video");
  let stream = null;
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia && viewer.showModal) show(scan);

  const close = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    if (viewer.open) viewer.close();
  };
  scan.addEventListener("click", async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch {
      chosen.textContent = viewer.dataset.denied;
      return;
    }
    video.srcObject = stream;
    viewer.showModal();
    // Refused where the camera is left before its first picture.
    video.play().catch(() => {});
  });
  byId("stop").addEventListener("click", close);
  viewer.addEventListener("close", close);
  byId("snap").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      close();
      if (blob && take([new File([blob], "camera.png", { type: "image/png" })])) form.requestSubmit(go);
    }, "image/png");
  });
}

// -- results: print, copy

const print = byId("print");
if (print) {
  show(print);
  print.addEventListener("click", () => window.print());
}

const copy = byId("copy");
if (copy && navigator.clipboard) {
  show(copy);
  const address = byId("address");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(address.value);
    byId("copied").textContent = copy.dataset.done;
  });
  address.addEventListener("focus", () => address.select());
}
