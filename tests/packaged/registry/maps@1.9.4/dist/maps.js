(function (g, f) {
  typeof exports === "object" && typeof module !== "undefined" ? f(exports) : f((g.maps = {}));
})(this, function (exports) {
  // As Leaflet does: the folder of its pictures is read off the style sheet.
  exports.pin = function () {
    var probe = document.createElement("div");
    probe.className = "maps-pin";
    document.body.appendChild(probe);
    var found = getComputedStyle(probe).backgroundImage.match(/^url\(["']?(.+)pin\.svg["']?\)$/);
    probe.remove();
    return found ? found[1] + "pin-2x.svg" : "";
  };
});
