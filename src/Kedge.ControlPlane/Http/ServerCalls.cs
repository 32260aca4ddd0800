using System.Buffers;
using System.Collections.Immutable;
using System.Reflection;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Backup;
using Kedge.Core.Measure;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about the server itself.</summary>
internal static class ServerCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/server", Access.Viewer, "What this server is.", GetAsync),
        new("GET", "/api/v1/openapi.json", Access.Metrics, "This interface as an OpenAPI 3.1 document.", OpenApiAsync),
        new("GET", "/api/v1/ready", Access.Metrics, "200 when the store answers, 500 when not.", ReadyAsync),
        new("GET", "/metrics", Access.Metrics, "Metrics in Prometheus' text format.", MetricsAsync),
        new("GET", "/api/v1/backup", Access.Admin, "A backup (tar), never with keys; content=false.", BackupAsync),
    ];

    /// <summary>Version of the server.</summary>
    public static string Version { get; } =
        typeof(ServerCalls).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "0.0.0";

    private static async Task GetAsync(Call call)
    {
        ServerScope server = call.Server;
        OwnerChain owners = await PolicyCalls.OwnersAsync(server, call.Aborted).ConfigureAwait(false);
        SigningPolicyDocument policy = await PolicyCalls.CurrentAsync(server, call.Aborted).ConfigureAwait(false);
        ServerResource resource = new()
        {
            Version = Version,
            Tenant = call.Tenant.ToString(),
            Address = server.Address,
            Link = server.LinkAddress,
            Root = server.Keys.RootDigest.ToString(),
            OwnerKeyId = owners.Current.KeyId.ToString(),
            OwnerVersion = owners.Version,
            PolicyVersion = policy.Version,
            PolicyExpiresAtMs = policy.ExpiresAtMs,
            ConnectedDevices = server.Sessions.Count,
            Revision = await server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false),
        };
        await call.ReplyAsync(resource, ApiJson.Default.ServerResource).ConfigureAwait(false);
    }

    private static async Task ReadyAsync(Call call)
    {
        long revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false);
        call.Http.Response.ContentType = "application/json";
        byte[] body = System.Text.Encoding.UTF8.GetBytes($"{{\"ready\":true,\"revision\":{revision}}}");
        await call.Http.Response.Body.WriteAsync(body, call.Aborted).ConfigureAwait(false);
    }

    private static async Task OpenApiAsync(Call call)
    {
        byte[] document = OpenApiDocument.Write(HttpSide.Routes, Version);
        call.Http.Response.ContentType = "application/json";
        call.Http.Response.ContentLength = document.Length;
        await call.Http.Response.Body.WriteAsync(document, call.Aborted).ConfigureAwait(false);
    }

    private static async Task MetricsAsync(Call call)
    {
        ServerScope server = call.Server;
        Dictionary<string, int> states = [];
        await foreach (DeviceRow row in Pages.DevicesAsync(server, call.Aborted).ConfigureAwait(false))
        {
            string state = DeviceMap.Of(row, server.NowMs, withFacts: false).Status;
            states[state] = states.GetValueOrDefault(state) + 1;
        }

        ArrayBufferWriter<byte> buffer = new(4096);
        PrometheusText text = new(buffer);
        server.Meters.Write(text);
        server.Pace.Write(text);
        server.Content.Write(text, server.Chunks, server.DeltaFolder.Bytes);
        text.Begin(Instruments.Connected);
        text.Sample(server.Sessions.Count);
        text.Begin(Instruments.Devices);
        foreach ((string state, int count) in states.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            text.Sample(count, state);
        }

        text.Begin(Instruments.Revision);
        text.Sample(await server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false));
        text.Begin(Instruments.CertificateSeconds);
        DateTime end = server.Keys.Tls.TargetCertificate.NotAfter.ToUniversalTime();
        text.Sample((end - server.Time.GetUtcNow().UtcDateTime).TotalSeconds);
        call.Http.Response.ContentType = PrometheusText.ContentType;
        await call.Http.Response.Body.WriteAsync(buffer.WrittenMemory, call.Aborted).ConfigureAwait(false);
    }

    private static async Task BackupAsync(Call call)
    {
        bool content = call.Query("content") != "false";
        string file = await ServerBackup.WriteAsync(call.Server, content, call.Aborted).ConfigureAwait(false);
        try
        {
            FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.None, 1, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                call.Http.Response.ContentType = "application/x-tar";
                call.Http.Response.ContentLength = stream.Length;
                await stream.CopyToAsync(call.Http.Response.Body, call.Aborted).ConfigureAwait(false);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}
