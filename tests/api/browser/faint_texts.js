// The texts of the page whose contrast to their ground is less than 3 (WCAG 2.2, "contrast ratio").
const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [red, green, blue] = parts(colour).map((part) =>
    (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ground = (element) => {
  for (; element; element = element.parentElement) {
    const { backgroundColor } = getComputedStyle(element);
    const [, , , opacity = 1] = parts(backgroundColor);
    if (opacity > 0.5) return backgroundColor;
  }
  return "rgb(255, 255, 255)";
};

const faint = [];
const walker = document.createTreeWalker(document.getElementById("swagger-ui"), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const { data, parentElement: element } = walker.currentNode;
  if (!data.trim() || element.closest("option") || !element.checkVisibility()) continue;
  const [darker, lighter] = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => a - b);
  const contrast = (lighter + 0.05) / (darker + 0.05);
  if (contrast < 3) faint.push(`${data.trim()}: ${contrast.toFixed(1)}`);
}
return faint;
