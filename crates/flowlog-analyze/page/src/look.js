// Colours of charts: those of the style sheet, so that light, dark and print are decided in one place.

/** The colours as the style sheet has them now. */
export function look() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("text"), soft: of("soft"), line: of("line"), surface: of("surface"),
    sent: of("sent"), received: of("received"), begun: of("begun"), denied: of("denied"), gap: of("gap"),
    heat: [0, 1, 2, 3, 4].map((step) => of(`heat-${step}`)),
    places: [1, 2, 3, 4, 5, 6].map((step) => of(`place-${step}`)),
  };
}

/** What every chart has. Tooltips are drawn as text of the picture, not as markup. */
export function base(colours, description) {
  return {
    useUTC: true,
    animation: false,
    backgroundColor: "transparent",
    textStyle: { color: colours.text, fontFamily: "system-ui, sans-serif", fontSize: 12 },
    aria: { enabled: true, label: { enabled: true, description } },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 12 },
    },
  };
}

/** Braces mean something in the text of a tooltip. */
export const plain = (text) => String(text).replaceAll("{", "\u2774").replaceAll("}", "\u2775");
