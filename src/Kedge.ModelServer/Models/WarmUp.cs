using Kedge.Core.Errors;
using Kedge.Inference.Golden;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.ModelServer.Models;

/// <summary>
/// The first run of a model, before anybody waits for it: memory is laid out, code is paged in. It takes the first
/// golden sample where there is one, else zeros of the declared shape, 1 where any size is taken.
/// </summary>
internal static class WarmUp
{
    /// <summary>Runs once.</summary>
    /// <param name="session">What is to be warm.</param>
    /// <param name="golden">Path of golden samples; empty for none. Too large ones are not read.</param>
    /// <returns>
    /// Null when it ran; else why not. That is no reason not to serve: zeros may be what a model never gets.
    /// </returns>
    internal static Finding? Run(IInferenceSession session, string golden)
    {
        InferenceCall call = new(session.Signature);
        GoldenSample? sample = Read(golden);
        for (int i = 0; i < session.Signature.Inputs.Length; i++)
        {
            TensorSpec spec = session.Signature.Inputs[i];
            Tensor? given = sample?.Inputs.FirstOrDefault(tensor =>
                tensor.Name == spec.Name && tensor.Type == spec.Type);
            if (given is not null)
            {
                call.Inputs[i].CopyFrom(given);
            }
            else if (!TryFill(call.Inputs[i], spec))
            {
                return Inference.Errors.InferErrors.TooLarge.At($"'{spec.Name}' is too large to warm up with.");
            }

            call.TryGive(i);
        }

        call.WantAll(binary: false);
        return session.Run(call);
    }

    private static bool TryFill(Tensor tensor, TensorSpec spec)
    {
        tensor.Begin(spec.Name, spec.Type);
        long[] shape = [.. spec.Shape.Select(static dimension => dimension < 0 ? 1 : dimension)];
        if (!tensor.TryShape(shape))
        {
            return false;
        }

        tensor.Bytes.Clear();
        for (int i = 0; spec.Type == TensorType.Bytes && i < tensor.ElementCount; i++)
        {
            tensor.AppendText(0);
        }

        return true;
    }

    private static GoldenSample? Read(string golden)
    {
        try
        {
            FileInfo file = new(golden.Length > 0 ? golden : "/nowhere");
            return file.Exists && file.Length <= ServeLimits.WarmUpBytesMax
                && GoldenSamples.TryParse(File.ReadAllBytes(golden), out GoldenSamples? samples, out _)
                ? samples.Samples[0]
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Without samples it is warmed up with zeros.
            return null;
        }
    }
}
