using System.Collections.Immutable;
using Kedge.Content;
using Kedge.Core.Models;
using Kedge.Inference.Golden;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;

namespace Kedge.Cli.Models;

/// <summary>
/// Measures what variants cost on this machine: the bare runtime with all processors, one request at a time, golden
/// samples as requests. The time is the median of at least <see cref="RunsMin"/> runs after some that do not count; the
/// memory is what the process grew by, and what the runtime itself takes.
/// </summary>
internal sealed class CostMeter(TimeProvider time, string hardware)
{
    private const int SamplesMax = 16;
    private const int WarmRuns = 5;
    private const int RunsMin = 21;
    private const int RunsMax = 2_001;
    private static readonly TimeSpan _enough = TimeSpan.FromSeconds(1);

    /// <summary>The variants with what they cost here; those that do not run here are as they were.</summary>
    public ImmutableArray<PushedVariant> Measure(ImmutableArray<PushedVariant> variants, GoldenSamples? samples)
    {
        bool any = variants.Any(IsMeasured);
        if (samples is null || hardware.Length == 0 || !any)
        {
            throw new CliException(
                CliErrors.NotMeasured,
                samples is null ? "there are no golden samples to measure with"
                    : any ? "the kind of this machine's processor is not known" : "no variant runs on this machine",
                ExitCodes.Refused);
        }

        // The library itself is loaded before the first is measured, or the first would pay for it.
        variants.First(IsMeasured).Open().Dispose();
        return
        [
            .. variants.Select(variant => IsMeasured(variant) ? With(variant, Measure(variant, samples)) : variant),
        ];
    }

    private static bool IsMeasured(PushedVariant variant) =>
        variant.RunsHere && variant.Ready.Variant.Accelerator == AcceleratorKind.Cpu;

    private PushedVariant With(PushedVariant variant, VariantCost cost)
    {
        ModelVariant before = variant.Ready.Variant;
        ModelVariant after = before with
        {
            Costs = [.. before.Costs.Where(known => known.Hardware != hardware), cost],
        };
        return variant with { Ready = variant.Ready with { Variant = after } };
    }

    private VariantCost Measure(PushedVariant variant, GoldenSamples samples)
    {
        GC.Collect();
        long before = Environment.WorkingSet;
        using IInferenceSession session = variant.Open();
        int count = Math.Min(samples.Samples.Length, SamplesMax);
        InferenceCall[] calls = [.. Enumerable.Range(0, count).Select(index => Call(session, samples, index))];
        for (int run = 0; run < WarmRuns; run++)
        {
            Run(session, calls[run % calls.Length]);
        }

        List<long> ticks = [];
        long began = time.GetTimestamp();
        while (ticks.Count < RunsMin || (ticks.Count < RunsMax && time.GetElapsedTime(began) < _enough))
        {
            long start = time.GetTimestamp();
            Run(session, calls[ticks.Count % calls.Length]);
            ticks.Add(time.GetElapsedTime(start).Ticks);
        }

        ticks.Sort();
        GC.Collect();
        return new VariantCost
        {
            Hardware = hardware,
            LatencyUs = Math.Clamp(ticks[ticks.Count / 2] / TimeSpan.TicksPerMicrosecond, 1, ModelLimits.LatencyUsMax),
            MemoryBytes = ContentLimits.RuntimeBytes + Math.Max(0, Environment.WorkingSet - before),
        };
    }

    private static InferenceCall Call(IInferenceSession session, GoldenSamples samples, int index)
    {
        InferenceCall call = new(session.Signature);
        byte[] body = samples.RequestBody(index);
        return InferenceRequestReader.Read(body, body.Length, call) is { } fault
            ? throw new CliException(CliErrors.NotMeasured, fault.Message, ExitCodes.Refused)
            : call;
    }

    private static void Run(IInferenceSession session, InferenceCall call)
    {
        if (session.Run(call) is { } fault)
        {
            throw new CliException(CliErrors.NotMeasured, fault.Message, ExitCodes.Refused);
        }
    }
}
