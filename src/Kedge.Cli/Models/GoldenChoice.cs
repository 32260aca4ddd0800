using System.Globalization;
using System.Security.Cryptography;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Golden;
using Kedge.Inference.Onnx;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Cli.Models;

/// <summary>Decides on the golden samples of a push: those of the author are run on the bare runtime first, since every
/// device would refuse what does not agree here; without any, some are recorded from that runtime and marked
/// so.</summary>
internal static class GoldenChoice
{
    private const int SamplesMax = 8;

    /// <summary>Every device fetches the samples with the model: large tensors are recorded less often.</summary>
    private const long RecordedBytesAim = 1024 * 1024;

    /// <summary>What one number takes in JSON, about.</summary>
    private const long BytesPerElement = 10;

    /// <summary>
    /// The samples to package, with one sentence about them; ends the command when they do not agree.
    /// </summary>
    /// <param name="model">The model, which the gate has accepted.</param>
    /// <param name="goldenFile">The author's samples; empty when there are none.</param>
    /// <param name="skipsCheck">True to run nothing.</param>
    public static (GoldenRequest? Golden, string Sentence) Choose(
        ReadOnlyMemory<byte> model, ReadOnlyMemory<byte> goldenFile, bool skipsCheck)
    {
        if (goldenFile.IsEmpty)
        {
            return skipsCheck ? (null, "no golden samples") : Record(model);
        }

        if (!GoldenSamples.TryParse(goldenFile.Span, out GoldenSamples? samples, out Finding? fault))
        {
            throw new CliException([fault], ExitCodes.Refused);
        }

        GoldenRequest request = new(goldenFile, GoldenSource.Author, samples.Samples.Length);
        if (skipsCheck)
        {
            return (request, $"{Count(samples)}, not checked here");
        }

        using OnnxSession session = Open(model);
        GoldenVerdict verdict = Judge(session, samples);
        return verdict.Passed
            ? (request, $"{verdict.Agreed} of {verdict.Samples} golden samples agree")
            : throw new CliException(
                CliErrors.Golden,
                $"{verdict.Agreed} of {verdict.Samples} samples agree, {verdict.Needed} must: "
                + $"{verdict.FirstDisagreement}",
                ExitCodes.Refused);
    }

    /// <summary>Runs samples one after the other.</summary>
    public static GoldenVerdict Judge(IInferenceSession session, GoldenSamples samples)
    {
        GoldenJudge judge = new(samples);
        InferenceCall call = new(session.Signature);
        for (int index = 0; index < samples.Samples.Length; index++)
        {
            call.Clear();
            byte[] body = samples.RequestBody(index);
            Finding? fault = InferenceRequestReader.Read(body, body.Length, call) ?? session.Run(call);
            if (fault is not null)
            {
                judge.Disagree(fault.Message.TrimEnd('.'));
                continue;
            }

            List<Tensor> outputs = [];
            foreach (int wanted in call.Wanted)
            {
                outputs.Add(call.Outputs[wanted]);
            }

            judge.Outputs(outputs);
        }

        return judge.Verdict;
    }

    private static (GoldenRequest? Golden, string Sentence) Record(ReadOnlyMemory<byte> model)
    {
        using OnnxSession session = Open(model);

        // The same model gives the same samples, and so the same package.
        Rng rng = new(SHA256.HashData(model.Span));
        Finding? fault = GoldenRecorder.Record(
            session, SampleCount(session.Signature), rng, out GoldenSamples? samples);
        if (fault is not null || samples is null)
        {
            throw new CliException(
                CliErrors.NotRunnable, fault?.Message ?? "nothing could be recorded", ExitCodes.Refused);
        }

        return (
            new GoldenRequest(samples.ToJson(), GoldenSource.Recorded, samples.Samples.Length),
            $"{Count(samples)} recorded from ONNX Runtime here: devices will compute the same; whether that is right, "
            + "only samples of the author's can show");
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

    private static OnnxSession Open(ReadOnlyMemory<byte> model)
    {
        try
        {
            return OnnxSession.FromBytes(model.Span, new OnnxSessionOptions());
        }
        catch (KedgeException exception)
        {
            throw new CliException(
                [CliErrors.NotRunnable.At(exception.Finding.ToString())], ExitCodes.Refused, exception);
        }
    }
}
