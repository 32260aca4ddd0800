using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Kedge.Api;
using Kedge.Api.Resources;

namespace Kedge.ControlPlane.Tests.Server;

public class AccessTests
{
    [Fact]
    public async Task No_call_is_anonymous()
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpClient http = server.Bare();
        // The root certificate and the trust bundle are public: a device judges them by what it has pinned.
        foreach (string call in ControlPlaneHost.Calls.Where(c => c is not ("GET /v1/root" or "GET /v1/bundle")))
        {
            using HttpRequestMessage request = Request(call);
            using HttpResponseMessage response = await http.SendAsync(request, server.Ct);
            int status = (int)response.StatusCode;
            bool proof = call is "POST /v1/enrol" or "POST /v1/renew";
            Assert.True(proof ? status is 400 or 403 : status == 401, $"{call} answered {status}");
            if (request.Method != HttpMethod.Head)
            {
                string body = await response.Content.ReadAsStringAsync(server.Ct);
                using JsonDocument problem = JsonDocument.Parse(body);
                Assert.StartsWith(
                    "KEDGE-",
                    problem.RootElement.GetProperty("error").GetProperty("code").GetString(), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("GET /api/v1/nothing")]
    [InlineData("GET /")]
    public async Task An_unknown_address_tells_a_stranger_nothing(string call)
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpClient http = server.Bare();
        using HttpRequestMessage request = Request(call);
        using HttpResponseMessage response = await http.SendAsync(request, server.Ct);
        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_viewer_reads_and_changes_nothing_and_a_metrics_credential_sees_metrics_only()
    {
        await using TestServer server = await TestServer.StartAsync();
        CredentialResource viewer = await server.Client.CreateCredentialAsync("ada", "viewer", server.Ct);
        CredentialResource scraper = await server.Client.CreateCredentialAsync("prometheus", "metrics", server.Ct);
        Assert.Equal(200, await StatusAsync(viewer, "GET /api/v1/devices"));
        Assert.Equal(403, await StatusAsync(viewer, "POST /api/v1/apply"));
        Assert.Equal(403, await StatusAsync(viewer, "GET /api/v1/backup"));
        Assert.Equal(200, await StatusAsync(scraper, "GET /metrics"));
        Assert.Equal(403, await StatusAsync(scraper, "GET /api/v1/devices"));
        await server.Client.DeleteAsync("credentials", "ada", server.Ct);
        Assert.Equal(401, await StatusAsync(viewer, "GET /api/v1/devices"));

        async Task<int> StatusAsync(CredentialResource credential, string call)
        {
            using HttpClient http = server.Bare();
            using HttpRequestMessage request = Request(call);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Token);
            using HttpResponseMessage response = await http.SendAsync(request, server.Ct);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task A_device_certificate_is_no_credential_of_an_administrator()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        using HttpClient http = device.Http();
        using HttpResponseMessage response = await http.GetAsync("/api/v1/devices", server.Ct);
        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_metrics_and_the_interface_document_can_be_read()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestDevice device = await server.EnrolAsync("press-1");
        using HttpClient http = server.Bare();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Context.Token);
        string metrics = await http.GetStringAsync("/metrics", server.Ct);
        Assert.Contains("kedge_server_devices{state=\"Pending\"} 1", metrics, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(await http.GetStringAsync("/api/v1/openapi.json", server.Ct));
        JsonElement paths = document.RootElement.GetProperty("paths");
        foreach (string call in ControlPlaneHost.Calls)
        {
            string[] parts = call.Split(' ');
            Assert.True(paths.GetProperty(parts[1]).TryGetProperty(parts[0].ToLowerInvariant(), out _), call);
        }
    }

    [Fact]
    public void The_context_file_and_the_keys_are_readable_by_their_owner_only()
    {
        string folder = Directory.CreateTempSubdirectory("kedge-context-").FullName;
        try
        {
            string path = Path.Combine(folder, "contexts.json");
            KedgeContext context = new() { Name = "a", Server = "https://a:1", RootPem = "x", Token = "t" };
            new ContextDocument().With(context).Save(path);
            new ContextDocument().With(context with { Token = "u" }).Save(path);
            Assert.True(OperatingSystem.IsWindows()
                || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.Equal("u", ContextDocument.Load(path).Find()?.Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static HttpRequestMessage Request(string call)
    {
        string[] parts = call.Split(' ');
        string path = parts[1]
            .Replace("{digest}", "sha256:" + new string('a', 64), StringComparison.Ordinal)
            .Replace("{", "", StringComparison.Ordinal)
            .Replace("}", "", StringComparison.Ordinal);
        return new HttpRequestMessage(new HttpMethod(parts[0]), path)
        {
            Content = parts[0] is "GET" or "HEAD" ? null : new StringContent("{}", Encoding.UTF8, "application/json"),
        };
    }
}
