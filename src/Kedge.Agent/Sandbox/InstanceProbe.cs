using System.Net.Sockets;
using Kedge.Agent.Content;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Inference;
using Kedge.Inference.Control;
using Kedge.Inference.Golden;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Asks one instance that serves whether it still answers as it should, one of its models at a time. The first question
/// reads golden samples and keeps one that is small enough; where some may disagree it keeps so many that one of them
/// agrees. One question at a time.
/// </summary>
/// <param name="dataFolder">Absolute path at which the agent's disk is rooted.</param>
/// <param name="paths">The instance.</param>
internal sealed class InstanceProbe(string dataFolder, InstancePaths paths)
{
    private readonly Dictionary<string, GoldenSamples?> _samples = new(StringComparer.Ordinal);
    private int _turn;

    /// <summary>Asks for the model whose turn it is; one that fails is asked again.</summary>
    public async ValueTask<StepOutcome> AskAsync(WorkloadSpec spec, TimeProvider time, CancellationToken cancel)
    {
        // Samples may be large: they are not read on the caller's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        WorkloadModel model = spec.Models[_turn % spec.Models.Length];
        using CancellationTokenSource late = new(spec.Probe.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            GoldenVerdict verdict = await Preflight.JudgeAsync(
                paths, Preflight.AddressOf(model.Name, model.Version),
                SamplesOf(model, spec.GoldenPpm), OwnHosts.Probe, time, either.Token)
                .ConfigureAwait(false);
            _turn += verdict.Passed ? 1 : 0;
            return verdict.Passed
                ? new StepOutcome.Done()
                : Failed($"{model.Key} answered other than it should. {verdict.FirstDisagreement}");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return Failed($"{model.Key} gave no answer in {(int)spec.Probe.Timeout.TotalSeconds} s");
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException)
        {
            return Failed(e.Message);
        }
    }

    private GoldenSamples? SamplesOf(WorkloadModel model, int goldenPpm)
    {
        if (!_samples.TryGetValue(model.Key, out GoldenSamples? samples))
        {
            string file = Path.Combine(dataFolder, ContentStore.GoldenPath(model.Package));
            samples = Load(file, ToleranceNotes.Of(paths, model.Key), goldenPpm);
            _samples.Add(model.Key, samples);
        }

        return samples;
    }

    /// <summary>Null where the package has no samples that can be read and are small enough to keep.</summary>
    private static GoldenSamples? Load(string file, GoldenTolerance? tolerance, int goldenPpm)
    {
        FileInfo golden = new(file);
        if (!golden.Exists || golden.Length > InferenceLimits.GoldenBytesMax
            || !GoldenSamples.TryParse(File.ReadAllBytes(file), out GoldenSamples? all, out _))
        {
            return null;
        }

        all = all.Within(tolerance);
        all = goldenPpm == 0 ? all : all with { MinimumAgreement = goldenPpm / 1e6 };
        int wanted = Math.Min(all.Samples.Length - all.Needed + 1, AgentLimits.ProbeSamplesMax);
        List<GoldenSample> kept = [];
        for (int i = 0; i < all.Samples.Length && kept.Count < wanted; i++)
        {
            if (all.RequestBody(i).Length <= AgentLimits.ProbeSampleBytesMax)
            {
                kept.Add(all.Samples[i]);
            }
        }

        return kept.Count == 0 ? null : all with { Samples = [.. kept], MinimumAgreement = 1.0 / kept.Count };
    }

    private static StepOutcome.Failed Failed(string why) =>
        new(Blame.Release, new Problem(DeviceErrors.ProbeFailed.Code, why));
}
