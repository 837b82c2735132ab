import type { Page } from "playwright-core";

/** The texts of a page whose contrast to the ground they stand on is below 4.5, the least that WCAG 2 asks for. */
export function illegible(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(script);
}

/** A string, since the rest of the project is typed without a browser's globals. */
const script = `(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => Number(part) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const holdsText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue.trim());
  const contrast = (element) => {
    const style = getComputedStyle(element);
    const ink = luminance(element instanceof SVGElement ? style.fill : style.color);
    const ground = luminance(groundOf(element));
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  };
  return [...document.querySelectorAll("main *")]
    .filter((element) => holdsText(element) && element.localName !== "title" && element.checkVisibility())
    .map((element) => ({ element, ratio: contrast(element) }))
    .filter(({ ratio }) => ratio < 4.5)
    .map(({ element, ratio }) => ratio.toFixed(2) + " " + element.localName + "." + element.getAttribute("class") + " " + element.textContent.trim().slice(0, 40));
})()`;
