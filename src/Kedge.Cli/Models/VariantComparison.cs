using System.Security.Cryptography;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Golden;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Cli.Models;

/// <summary>
/// Runs a model and its variants side by side on the same samples. Times are taken in turns, one answer of each, so
/// that whatever else the machine does meets all of them alike.
/// </summary>
/// <param name="session">The run, for its clock and its terminal.</param>
/// <param name="options">How to run.</param>
internal sealed class VariantComparison(Session session, VariantComparison.Options options)
{
    private const int SamplesMax = 32;
    private const int RunsMin = 5;

    /// <summary>Samples are held in memory and all are run: large tensors are recorded less often.</summary>
    private const double RecordedElementsAim = 16 * 1024 * 1024;

    /// <summary>Answers are timed until there are enough or this is over; a few are in any case.</summary>
    private static readonly TimeSpan TimingAim = TimeSpan.FromSeconds(60);

    /// <summary>The samples that were used; null before <see cref="RunAsync"/>.</summary>
    public GoldenSamples? Samples { get; private set; }

    /// <summary>How to run.</summary>
    /// <param name="Threads">Threads that compute an answer: 0 for one per core.</param>
    /// <param name="Runs">How many answers are timed.</param>
    /// <param name="Bound">How much a variant may lose.</param>
    /// <param name="Golden">The author's samples; null without any.</param>
    public sealed record Options(int Threads, int Runs, LossBound Bound, GoldenSamples? Golden);

    /// <summary>Runs the model and what was made of it; gives their results in the same order.</summary>
    public async Task<List<VariantResult>> RunAsync(List<VariantResult> made, CancellationToken ct)
    {
        VariantTrial?[] trials = new VariantTrial?[made.Count];
        try
        {
            List<VariantResult> results = [];
            for (int index = 0; index < made.Count; index++)
            {
                results.Add(Start(made[index], ref trials[index]));
            }

            VariantTrial original = trials[0] ?? throw new CliException(
                [results[0].Refusal ?? CliErrors.NotRunnable.At("The model cannot be loaded.")], ExitCodes.Refused);
            GoldenSamples samples = Choose(original, made[0].File);
            Samples = samples;
            long total = samples.Samples.Length + options.Runs;
            await ProgressLine.RunAsync(session.World, "running the variants", total, async advance =>
            {
                await Task.Yield();
                Compare(trials, results, samples, (advance, ct));
                Time(trials, samples, (advance, ct));
            }).ConfigureAwait(false);
            return [.. results.Select((result, index) => Finish(result, trials[index], results[0].Loss))];
        }
        finally
        {
            foreach (VariantTrial? trial in trials)
            {
                trial?.Dispose();
            }
        }
    }

    private VariantResult Start(VariantResult made, ref VariantTrial? trial)
    {
        if (made.Refusal is not null)
        {
            return made;
        }

        try
        {
            trial = VariantTrial.Start(made.File, options.Threads, session.World.Time);
            return made with { Load = trial.Load };
        }
        catch (KedgeException exception)
        {
            return made with { Refusal = CliErrors.NotRunnable.At(exception.Finding.ToString()) };
        }
    }

    private GoldenSamples Choose(VariantTrial original, ReadOnlyMemory<byte> model)
    {
        if (options.Golden is { } golden)
        {
            GoldenVerdict verdict = original.Judge(golden);
            return verdict.Passed ? golden : throw new CliException(
                CliErrors.Golden,
                $"{verdict.Agreed} of {verdict.Samples} samples agree, {verdict.Needed} must: "
                + $"{verdict.FirstDisagreement}",
                ExitCodes.Refused);
        }

        // The same model gives the same samples, and so the same figures of loss.
        Rng rng = new(SHA256.HashData(model.Span));
        Finding? fault = original.Record(SampleCount(original.Signature), rng, out GoldenSamples? samples);
        return fault is null && samples is not null
            ? samples
            : throw new CliException(
                CliErrors.NotRunnable, fault?.Message ?? "nothing could be recorded", ExitCodes.Refused);
    }

    private static int SampleCount(ModelSignature signature)
    {
        double elements = signature.Inputs.Concat(signature.Outputs).Sum(static tensor =>
            tensor.Shape.Aggregate(1.0, static (product, extent) => product * Math.Max(extent, 1)));
        return (int)Math.Clamp(RecordedElementsAim / Math.Max(elements, 1), 1, SamplesMax);
    }

    private static void Compare(
        VariantTrial?[] trials,
        List<VariantResult> results,
        GoldenSamples samples,
        (Action<long> Advance, CancellationToken Ct) progress)
    {
        LossMeter[] meters = [.. trials.Select(static _ => new LossMeter())];
        foreach (GoldenSample sample in samples.Samples)
        {
            progress.Ct.ThrowIfCancellationRequested();
            IReadOnlyList<Tensor> expected = Answer(trials[0], sample, out Finding? fault);
            results[0] = results[0] with { Refusal = fault };
            for (int index = 0; index < trials.Length && fault is null; index++)
            {
                if (results[index].Refusal is not null)
                {
                    continue;
                }

                IReadOnlyList<Tensor> answer = index == 0 ? expected : Answer(trials[index], sample, out fault);
                if (fault is not null || answer.Count != expected.Count)
                {
                    results[index] = results[index] with
                    {
                        Refusal = fault ?? CliErrors.NotRunnable.At("It has other outputs than the model."),
                    };
                    fault = null;
                    continue;
                }

                meters[index].Add(sample, expected, answer);
            }

            progress.Advance(1);
        }

        for (int index = 0; index < trials.Length; index++)
        {
            results[index] = results[index] with
            {
                Loss = results[index].Refusal is null ? meters[index].Report : null,
            };
        }
    }

    private static IReadOnlyList<Tensor> Answer(VariantTrial? trial, GoldenSample sample, out Finding? fault)
    {
        fault = null;
        return trial is null ? [] : trial.Answer(sample, isTimed: false, out fault);
    }

    private void Time(
        VariantTrial?[] trials, GoldenSamples samples, (Action<long> Advance, CancellationToken Ct) progress)
    {
        long start = session.World.Time.GetTimestamp();
        for (int run = 0; run < options.Runs; run++)
        {
            if (run >= RunsMin && session.World.Time.GetElapsedTime(start) > TimingAim)
            {
                return;
            }

            foreach (VariantTrial trial in trials.OfType<VariantTrial>())
            {
                progress.Ct.ThrowIfCancellationRequested();
                trial.Answer(samples.Samples[run % samples.Samples.Length], isTimed: true, out _);
            }

            progress.Advance(1);
        }
    }

    private VariantResult Finish(VariantResult result, VariantTrial? trial, LossReport? original)
    {
        if (trial is null || result.Loss is not { } loss || original is null)
        {
            return result;
        }

        Finding? refusal = options.Bound.Excess(original, loss, options.Golden is not null) is { } excess
            ? CliErrors.VariantRefused.At($"{result.Name}: {excess}.")
            : null;
        GoldenSamples samples = Samples ?? throw Check.Unreachable();
        return result with
        {
            Latency = trial.Latency,
            Runs = trial.Runs,
            Refusal = refusal,

            // Another processor adds up in another order: twice what was seen here is allowed there.
            Absolute = Math.Max(samples.AbsoluteTolerance, RoundedUp(2 * loss.ExpectedErrorMax)),
            MinimumAgreement = Math.Min(samples.MinimumAgreement, (double)loss.SamplesExact / loss.Samples),
        };
    }

    /// <summary>Up to two digits, so that people can read it.</summary>
    private static double RoundedUp(double value)
    {
        if (value <= 0 || !double.IsFinite(value))
        {
            return 0;
        }

        double unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 1);
        return Math.Ceiling(value / unit) * unit;
    }
}
