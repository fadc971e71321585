// Swagger UI has a dark mode. Its own switch belongs to the topbar, which this page leaves out: the page follows the browser.
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const followBrowser = () => document.documentElement.classList.toggle("dark-mode", prefersDark.matches);
prefersDark.addEventListener("change", followBrowser);
followBrowser();

// URLs are relative to the page, so that they hold below the path of a stage, too.
SwaggerUIBundle({
  url: new URL("openapi.json", location.href).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  // Tokens live as long as the page.
  persistAuthorization: false,
  // Else it would send the document to a validator on the internet.
  validatorUrl: null,
});
