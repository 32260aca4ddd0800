using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Inference.Golden;
using Kedge.Inference.Values;

namespace Kedge.Cli.Models;

/// <summary>
/// Makes the reference for gates on drift of what the author gave: golden samples and more samples. Recorded golden
/// samples show nothing of what the model will see, and are not taken.
/// </summary>
internal static class ReferenceChoice
{
    /// <summary>
    /// The reference, empty for none, with one sentence about it, empty where there is nothing to say.
    /// </summary>
    /// <param name="goldenFile">The author's golden samples; empty when there are none.</param>
    /// <param name="referenceFile">More samples; empty when there are none.</param>
    public static (string Reference, string Sentence) Choose(
        ReadOnlyMemory<byte> goldenFile, ReadOnlyMemory<byte> referenceFile)
    {
        GoldenSample[] samples = [.. Samples(goldenFile), .. Samples(referenceFile)];
        ImmutableArray<ValueReference> tensors = ReferenceRecorder.Record(samples);
        if (!tensors.IsEmpty)
        {
            return (ValueReference.Format(tensors), string.Create(
                CultureInfo.InvariantCulture,
                $"reference for drift: {samples.Length:N0} samples of {tensors.Length} "
                + $"tensor{(tensors.Length == 1 ? "" : "s")}"));
        }

        return referenceFile.IsEmpty
            ? ("", "")
            : throw new CliException(
                CliErrors.Reference,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{samples.Length:N0} samples, {ValueReference.SamplesMin} with numbers are needed"),
                ExitCodes.Refused);
    }

    private static ImmutableArray<GoldenSample> Samples(ReadOnlyMemory<byte> file) =>
        file.IsEmpty ? []
        : GoldenSamples.TryParse(file.Span, out GoldenSamples? samples, out Finding? fault) ? samples.Samples
        : throw new CliException([fault], ExitCodes.Refused);
}
