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

    /// <summary>Trains both versions, pushes them, and makes a signal.</summary>
    public async Task PushAsync()
    {
        string models = Path.Combine(fleet.Folder, "models");
        foreach (string version in new[] { "v1", "v2" })
        {
            string folder = Path.Combine(models, version);
            await ExampleAsync("train", "--version", version, "--seed", "1", "--out", folder);
            string[] push =
            [
                "model", "push", Path.Combine(folder, "model.onnx"), "--name", "bearing", "--tag", version,
                "--golden", Path.Combine(folder, "golden.json"),
            ];
            (await fleet.KedgeAsync(push)).MustSucceed();
        }

        // A signal of class 0, healthy, which both versions name rightly.
        string file = Path.Combine(fleet.Folder, "signals.jsonl");
        await ExampleAsync("signals", "--seed", "99", "--count", "50", "--out", file);
        _signal = Signal.Load(file).First(signal => signal.Label == 0);
    }

    /// <summary>Applies one version to every device; returns the revision that its answers will name.</summary>
    public async Task<string> ApplyAsync(string deployment, string version, int port)
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
              strategy: {type: All}

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
