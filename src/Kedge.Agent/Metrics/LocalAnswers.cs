using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kedge.Agent.Commands;
using Kedge.Agent.Http;
using Kedge.Agent.Identity;
using Kedge.Agent.Sandbox;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Metrics;

/// <summary>
/// What the agent's own sockets answer: <c>/healthz</c> and <c>/metrics</c>, and on the private one <c>/status</c> and
/// what <see cref="HoldCommand"/> tells.
/// </summary>
internal sealed class LocalAnswers(
    AgentLoop loop, Credentials credentials, DataFolder folder, AgentOptions options, TimeProvider time)
{
    private const int ScrapeBytesMax = 1024 * 1024;
    private static readonly TimeSpan ScrapeTimeout = TimeSpan.FromSeconds(2);

    internal async ValueTask<LocalAnswer> AnswerAsync(string path, bool isPrivate, CancellationToken cancel) =>
        path switch
        {
            "/healthz" => new LocalAnswer(loop.IsReady ? 200 : 503, "text/plain", "ok\n"u8.ToArray()),
            "/metrics" => new LocalAnswer(
                200, PrometheusText.ContentType, await MetricsAsync(cancel).ConfigureAwait(false)),
            "/status" when isPrivate => new LocalAnswer(
                200,
                "application/json",
                JsonSerializer.SerializeToUtf8Bytes(Status(), AgentJson.Default.StatusDocument)),
            _ when isPrivate && path.StartsWith("POST ", StringComparison.Ordinal) =>
                await HoldAsync(path, cancel).ConfigureAwait(false),
            _ => new LocalAnswer(404, "text/plain", "there is /healthz and /metrics\n"u8.ToArray()),
        };

    private async ValueTask<LocalAnswer> HoldAsync(string told, CancellationToken cancel)
    {
        bool isHold = told.StartsWith("POST " + HoldCommand.HoldPath, StringComparison.Ordinal);
        int query = told.IndexOf('?', StringComparison.Ordinal);
        (string Reason, TimeSpan? Length)? hold = isHold ? HoldCommand.TryRead(told[(query + 1)..]) : null;
        if (isHold && hold is null)
        {
            return new LocalAnswer(400, "text/plain", "this is no hold\n"u8.ToArray());
        }

        Task<Finding?> done = hold is { } h ? loop.HoldAsync(h.Reason, h.Length) : loop.ReleaseAsync();
        Finding? finding = await done.WaitAsync(cancel).ConfigureAwait(false);
        string text = finding?.Message ?? loop.Snapshot.Held?.Message ?? "released";
        return new LocalAnswer(finding is null ? 200 : 500, "text/plain", Encoding.UTF8.GetBytes($"{text}\n"));
    }

    private StatusDocument Status()
    {
        AgentSnapshot now = loop.Snapshot;
        return new StatusDocument
        {
            Running = true,
            Pid = Environment.ProcessId,
            Tenant = credentials.Identity.Tenant.ToString(),
            Device = credentials.Identity.Device.ToString(),
            AgentVersion = options.AgentVersion,
            Server = credentials.Link,
            LinkUp = now.IsLinkUp,
            LinkProblem = now.LinkProblem is null
                ? null
                : new ProblemMessage(now.LinkProblem.Code, now.LinkProblem.Message),
            CertificateUntil = credentials.Certificate.NotAfter.ToUniversalTime()
                .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Sandbox = now.Sandbox,
            Simulated = options.IsSimulated,
            Unsent = now.SpoolMessages,
            Held = now.Held?.Message,
            Status = now.Status,
        };
    }

    private async ValueTask<byte[]> MetricsAsync(CancellationToken cancel)
    {
        AgentSnapshot now = loop.Snapshot;
        ArrayBufferWriter<byte> own = new(4096);
        Instruments.Write(new PrometheusText(own), now);
        MetricsMerge merge = new();
        foreach (InstanceId instance in now.Serving)
        {
            if (await ScrapeAsync(instance, cancel).ConfigureAwait(false) is { } text)
            {
                merge.Add(instance.Workload.ToString(), text);
            }
        }

        StringBuilder others = new();
        merge.WriteTo(others);
        return [.. own.WrittenSpan, .. Encoding.UTF8.GetBytes(others.ToString())];
    }

    private async ValueTask<string?> ScrapeAsync(InstanceId instance, CancellationToken cancel)
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            string path = new InstancePaths(folder.Run, instance).Http;
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel).ConfigureAwait(false);
            HttpExchange exchange = new(new NetworkStream(socket, ownsSocket: false), time, ScrapeTimeout);
            await using (exchange.ConfigureAwait(false))
            {
                HttpAnswer answer = await exchange.SendAsync(
                    new HttpRequest { Path = "/metrics", Host = "model", BodyBytesMax = ScrapeBytesMax }, cancel)
                    .ConfigureAwait(false);
                return answer is { Status: 200, IsWhole: true } ? Encoding.UTF8.GetString(answer.Body.Span) : null;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException)
        {
            // It ended just now: its metrics are gone with it.
            return null;
        }
    }
}
