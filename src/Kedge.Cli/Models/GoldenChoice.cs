using System.Collections.Immutable;
using System.Globalization;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Golden;
using Kedge.Inference.Sessions;

namespace Kedge.Cli.Models;

/// <summary>
/// Decides on the golden samples of a push: those of the author are run on the bare runtime first, since every device
/// would refuse what does not agree here; without any, some are recorded from the first variant that runs here and
/// marked so. Every other variant that runs here is then held against them within what it is allowed.
/// </summary>
internal sealed record GoldenChoice
{
    private const int SamplesMax = 8;

    /// <summary>Every device fetches the samples with the model: large tensors are recorded less often.</summary>
    private const long RecordedBytesAim = 1024 * 1024;

    /// <summary>What one number takes in JSON, about.</summary>
    private const long BytesPerElement = 10;

    private GoldenChoice()
    {
    }

    /// <summary>What to package; null for none.</summary>
    public required GoldenRequest? Golden { get; init; }

    /// <summary>The samples; null for none.</summary>
    public required GoldenSamples? Samples { get; init; }

    /// <summary>What to tell the user, a sentence each, at least one.</summary>
    public required ImmutableArray<string> Sentences { get; init; }

    /// <summary>Decides; ends the command when a variant does not agree.</summary>
    /// <param name="variants">The variants, which the gate has accepted.</param>
    /// <param name="goldenFile">The author's samples; empty when there are none.</param>
    /// <param name="skipsCheck">True to run nothing.</param>
    public static GoldenChoice Choose(
        ImmutableArray<PushedVariant> variants, ReadOnlyMemory<byte> goldenFile, bool skipsCheck)
    {
        GoldenSamples? samples = null;
        if (!goldenFile.IsEmpty && !GoldenSamples.TryParse(goldenFile.Span, out samples, out Finding? fault))
        {
            throw new CliException([fault], ExitCodes.Refused);
        }

        GoldenRequest? request =
            samples is null ? null : new GoldenRequest(goldenFile, GoldenSource.Author, samples.Samples.Length);
        PushedVariant? first = variants.FirstOrDefault(static variant => variant.RunsHere);
        if (skipsCheck || first is null)
        {
            string why = first is null ? "no variant runs here" : "not checked here";
            return new GoldenChoice
            {
                Golden = request,
                Samples = samples,
                Sentences = [samples is null ? "no golden samples" : $"{Count(samples)}, {why}"],
            };
        }

        List<string> sentences = [];
        if (samples is null)
        {
            samples = Record(first);
            request = new GoldenRequest(samples.ToJson(), GoldenSource.Recorded, samples.Samples.Length);
            sentences.Add(
                $"{Count(samples)} recorded from {first.RuntimeName} here: devices will compute the same; whether "
                + "that is right, only samples of the author's can show");
        }

        sentences.AddRange(CheckAll(variants, samples, request?.Source == GoldenSource.Author ? null : first));
        return new GoldenChoice { Golden = request, Samples = samples, Sentences = [.. sentences] };
    }

    /// <summary>Runs every variant but the one that the samples were recorded from.</summary>
    private static IEnumerable<string> CheckAll(
        ImmutableArray<PushedVariant> variants, GoldenSamples samples, PushedVariant? recordedFrom)
    {
        foreach (PushedVariant variant in variants.Where(variant => variant != recordedFrom))
        {
            string name = variants.Length > 1 ? $"{variant.Name}: " : "";
            if (!variant.RunsHere)
            {
                yield return $"{name}not run here";
                continue;
            }

            using IInferenceSession session = variant.Open();
            GoldenRun run = GoldenRun.Of(session, samples.Within(variant.Ready.Variant.Tolerance));
            if (!run.Verdict.Passed)
            {
                throw Refusal(name, run, isFirst: variant == variants[0]);
            }

            yield return $"{name}{run.Verdict.Agreed} of {run.Verdict.Samples} golden samples agree";
        }
    }

    private static CliException Refusal(string name, GoldenRun run, bool isFirst)
    {
        GoldenVerdict verdict = run.Verdict;
        string distance = !isFirst && run.LargestDifference > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" The largest difference of a value is {run.LargestDifference:0.######}.")
            : "";
        return new CliException(
            isFirst ? CliErrors.Golden : CliErrors.VariantLoses,
            $"{name}{verdict.Agreed} of {verdict.Samples} samples agree, {verdict.Needed} must: "
            + $"{verdict.FirstDisagreement}{distance}",
            ExitCodes.Refused);
    }

    private static GoldenSamples Record(PushedVariant variant)
    {
        using IInferenceSession session = variant.Open();

        // The same model gives the same samples, and so the same package.
        Rng rng = new(Convert.FromHexString(variant.Ready.Variant.Files[0].Digest.Hex));
        ImmutableArray<string> images = [.. variant.Graph?.Spec.ImageInputs ?? []];
        Finding? fault = GoldenRecorder.Record(
            session, (SampleCount(session.Signature), images), rng, out GoldenSamples? samples);
        return fault is null && samples is not null
            ? samples
            : throw new CliException(
                CliErrors.NotRunnable, fault?.Message ?? "nothing could be recorded", ExitCodes.Refused);
    }

    private static string Count(GoldenSamples samples) => samples.Samples.Length == 1
        ? "1 golden sample"
        : string.Create(CultureInfo.InvariantCulture, $"{samples.Samples.Length} golden samples");

    private static int SampleCount(ModelSignature signature)
    {
        double elements = 1;
        foreach (TensorSpec tensor in signature.Inputs.Concat(signature.Outputs))
        {
            elements += tensor.Shape.Aggregate(1.0, (product, extent) => product * Math.Max(extent, 1));
        }

        return (int)Math.Clamp(RecordedBytesAim / (elements * BytesPerElement), 1, SamplesMax);
    }
}
