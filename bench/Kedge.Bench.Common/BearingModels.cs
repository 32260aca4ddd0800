using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Kedge.Api.Resources;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Common;

/// <summary>The example's model in two versions, deployed to a fleet, and asked until it answers.</summary>
public sealed class BearingModels(LocalFleet fleet)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private Signal _signal = new([], 0);

    /// <summary>The signals that were made for asking.</summary>
    public IReadOnlyList<Signal> Signals { get; private set; } = [];

    /// <summary>Trains both good versions, pushes them, and makes signals.</summary>
    public async Task PushAsync()
    {
        await PushAsync("v1");
        await PushAsync("v2");

        // A signal of class 0, healthy, which both versions name rightly.
        string file = Path.Combine(fleet.Folder, "signals.jsonl");
        await ExampleAsync("signals", "--seed", "99", "--count", "50", "--out", file);
        Signals = Signal.Load(file);
        _signal = Signals.First(signal => signal.Label == 0);
    }

    /// <summary>Trains one version and pushes it; <c>v3</c> is the one that fails its golden samples.</summary>
    public async Task PushAsync(string version)
    {
        string models = Path.Combine(fleet.Folder, "models");
        string folder = Path.Combine(models, version);
        await ExampleAsync("train", "--version", version, "--seed", "1", "--out", folder);
        string[] push =
        [
            "model", "push", Path.Combine(folder, "model.onnx"), "--name", "bearing", "--tag", version,
            "--golden", Path.Combine(folder, "golden.json"),
        ];
        (await fleet.KedgeAsync(version == "v3" ? [.. push, "--skip-golden-check"] : push)).MustSucceed();
    }

    /// <summary>Applies one version to every device; returns the revision that its answers will name.</summary>
    public async Task<string> ApplyAsync(
        string deployment, string version, int port, string strategy = "{type: All}")
    {
        string manifest = $$$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: {{{deployment}}}}
            spec:
              selector: {matchLabels: {bench: "yes"}}
              models:
              - {name: bearing, package: "bearing:{{{version}}}"}
              endpoint: {port: {{{port.ToString(CultureInfo.InvariantCulture)}}}, expose: loopback}
              resources: {requests: {memory: 32Mi}, limits: {cpu: 500m, memory: 256Mi, pids: 64}}
              strategy: {{{strategy}}}

            """;
        ApplyResource applied = await fleet.Client.ApplyAsync(manifest, false, false, CancellationToken.None);
        return applied.Results[0].Revision.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Asks over and over, each time on a new connection, until the answer is right and comes from this revision;
    /// returns the moment, as a timestamp.
    /// </summary>
    public async Task<long> AnsweredAsync(LocalDevice device, int port, string revision, TimeSpan pause)
    {
        long start = TimeProvider.System.GetTimestamp();
        string last = "nothing yet";
        while (TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            try
            {
                using InferClient client = new(device.EndPoint(port), "/v2/models/bearing/infer");
                (int status, string body) = await client.PostAsync(_signal.Request, CancellationToken.None);
                last = $"{status} {body}";
                if (status == (int)HttpStatusCode.OK
                    && VersionOf(body) == revision
                    && Signal.LabelOf(body) == _signal.Label)
                {
                    return TimeProvider.System.GetTimestamp();
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                last = e.Message;
            }

            await Task.Delay(pause);
        }

        throw new TimeoutException(
            $"{device.Name} gave no right answer of revision {revision}: {last}\n{device.LogTail()}");
    }

    private static string? VersionOf(string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty("model_version", out JsonElement version) ? version.GetString() : null;
    }

    private async Task ExampleAsync(params string[] arguments) => (await CommandResult.RunAsync(
        Path.Combine(fleet.Programs.Root, "out/publish/bearing/bearing"), arguments)).MustSucceed();
}
