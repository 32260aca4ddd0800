using System.Globalization;
using System.Net.Sockets;
using Kedge.Agent.Http;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Inference;
using Kedge.Inference.Control;
using Kedge.Inference.Golden;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Runs the golden samples of a release against a process that has no listener yet, in the sandbox that will serve.
/// </summary>
internal static class Preflight
{
    /// <summary>Runs all of them.</summary>
    /// <param name="dataFolder">Absolute path at which the agent's disk is rooted.</param>
    /// <param name="paths">The instance.</param>
    /// <param name="release">What it runs.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="cancel">Ends it.</param>
    public static async ValueTask<StepOutcome> RunAsync(
        string dataFolder, InstancePaths paths, PreparedRelease release, TimeProvider time, CancellationToken cancel)
    {
        using CancellationTokenSource late = new(AgentLimits.PreflightDeadline, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        GoldenReach reach = new();
        try
        {
            foreach (PreparedModel model in release.Models.Where(m => m.Golden is not null))
            {
                string file = Path.Combine(dataFolder, model.Golden!); // Filtered just above.
                StepOutcome outcome = await ModelAsync(
                    paths, model, file, release.Spec.GoldenPpm, reach, time, either.Token).ConfigureAwait(false);
                if (outcome is StepOutcome.Failed)
                {
                    return outcome;
                }
            }

            reach.Remember(paths);
            return new StepOutcome.Done();
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return NotRun(Blame.Release, $"they took longer than {AgentLimits.PreflightDeadline.TotalSeconds} s");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return NotRun(Blame.Release, e.Message);
        }
    }

    private static async ValueTask<StepOutcome> ModelAsync(
        InstancePaths paths, PreparedModel model, string file, int goldenPpm, GoldenReach reach, TimeProvider time,
        CancellationToken cancel)
    {
        FileInfo golden = new(file);
        if (!golden.Exists || golden.Length > InferenceLimits.GoldenBytesMax)
        {
            return NotRun(Blame.Device, $"the golden samples of {model.Key} are not on the disk");
        }

        byte[] json = await File.ReadAllBytesAsync(file, cancel).ConfigureAwait(false);
        if (!GoldenSamples.TryParse(json, out GoldenSamples? samples, out Finding? fault))
        {
            return NotRun(Blame.ReleaseForGood, $"{model.Key}: {fault.Message}");
        }

        samples = samples.Within(model.Tolerance);
        samples = goldenPpm == 0 ? samples : samples with { MinimumAgreement = goldenPpm / 1e6 };
        GoldenVerdict verdict = await JudgeAsync(
            paths, AddressOf(model.Name, model.Version), samples, OwnHosts.Preflight, time, cancel)
            .ConfigureAwait(false);
        reach.Take(verdict);
        return verdict.Passed
            ? new StepOutcome.Done()
            : new StepOutcome.Failed(
                Blame.ReleaseForGood,
                new Problem(SandboxErrors.GoldenMissed.Code, Missed(model.Key, verdict, goldenPpm)));
    }

    private static string Missed(string model, GoldenVerdict verdict, int goldenPpm)
    {
        string asked = goldenPpm == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{verdict.Needed} are needed")
            : string.Create(CultureInfo.InvariantCulture, $"asked for are {goldenPpm / 10_000.0:0.####} %");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{model}: agreed on {verdict.Agreed} of {verdict.Samples} golden samples, {asked}. ")
            + verdict.FirstDisagreement;
    }

    /// <summary>Where a version of a model is asked; the only one where none is named.</summary>
    internal static string AddressOf(string name, string version) =>
        version.Length == 0 ? name : $"{name}/versions/{version}";

    /// <summary>Asks an instance for some samples over its own socket.</summary>
    /// <param name="paths">The instance.</param>
    /// <param name="model">As <see cref="AddressOf"/> gives it.</param>
    /// <param name="samples">The samples; null asks whether the model is ready.</param>
    /// <param name="host">What for: one of <see cref="OwnHosts"/>.</param>
    /// <param name="time">For deadlines.</param>
    /// <param name="cancel">Ends it.</param>
    internal static async ValueTask<GoldenVerdict> JudgeAsync(
        InstancePaths paths, string model, GoldenSamples? samples, string host, TimeProvider time,
        CancellationToken cancel)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        NetworkStream stream;
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.Http), cancel).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        HttpExchange exchange = new(stream, time, AgentLimits.PreflightDeadline);
        await using (exchange.ConfigureAwait(false))
        {
            GoldenJudge? judge = samples is null ? null : new(samples);
            int status = 0;
            for (int sample = 0; sample < (samples?.Samples.Length ?? 1); sample++)
            {
                HttpAnswer answer = await exchange.SendAsync(RequestOf(model, samples, sample, host), cancel)
                    .ConfigureAwait(false);
                judge?.Answer(answer.Body.Span);
                status = answer.Status;
                if (host == OwnHosts.Probe && answer.Status != 200 && SaysUnloaded(answer.Body.Span))
                {
                    return new GoldenVerdict(1, 1, 1, "");
                }
            }

            return judge?.Verdict ?? new GoldenVerdict(1, status == 200 ? 1 : 0, 1, "It says that it is not ready.");
        }
    }

    /// <summary>
    /// True where somebody who may unload models has unloaded this one: the server answers as it should.
    /// </summary>
    internal static bool SaysUnloaded(ReadOnlySpan<byte> answer) =>
        answer.IndexOf("KEDGE-SERVE-020"u8) >= 0 || answer.IndexOf("\"ready\":false"u8) >= 0;

    private static HttpRequest RequestOf(string model, GoldenSamples? samples, int sample, string host) => new()
    {
        Method = samples is null ? "GET" : "POST",
        Path = $"/v2/models/{model}/{(samples is null ? "ready" : "infer")}",
        Host = host,
        Body = samples?.RequestBody(sample),
        BodyBytesMax = AgentLimits.ServeAnswerBytesMax,
    };

    private static StepOutcome.Failed NotRun(Blame blame, string message) =>
        new(blame, new Problem(SandboxErrors.GoldenNotRun.Code, message));
}
