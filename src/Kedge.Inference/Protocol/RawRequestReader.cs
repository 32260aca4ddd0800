using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads Triton's raw binary request: a body without any JSON that is the one input of the model. Its shape follows
/// from the model and the number of bytes; for BYTES the whole body is one element. Every output comes back as binary
/// data.
/// </summary>
public static class RawRequestReader
{
    /// <summary>Reads a whole body into a call.</summary>
    /// <param name="body">All of it.</param>
    /// <param name="call">Gets the input; wants every output.</param>
    /// <param name="lent">As in <see cref="InferenceRequestReader.Read"/>.</param>
    /// <returns>Null when it fits the model, else why not.</returns>
    public static Finding? Read(ReadOnlySpan<byte> body, InferenceCall call, Memory<byte> lent = default)
    {
        call.Clear();
        if (call.Signature.Inputs.Length != 1)
        {
            return InferErrors.RequestInvalid.At(
                "A request without JSON is for models with exactly one input; send the JSON before the binary data.");
        }

        TensorSpec spec = call.Signature.Inputs[0];
        Span<long> shape = stackalloc long[InferenceLimits.RankMax];
        shape = shape[..spec.Shape.Length];
        long known = spec.Type == TensorType.Bytes ? 1 : body.Length / TensorTypes.ElementBytes(spec.Type);
        if (!TryShape(spec, known, shape))
        {
            return Misfit(spec, body.Length);
        }

        Tensor tensor = call.Inputs[0];
        tensor.Begin(spec.Name, spec.Type);
        bool fits = tensor.TryShape(shape, known) && (spec.Type == TensorType.Bytes
            ? TryTakeText(tensor, body)
            : BinaryTensors.TryTake(tensor, body, body.Length, lent));
        if (!fits)
        {
            return Misfit(spec, body.Length);
        }

        call.TryGive(0);
        call.WantAll(binary: true);
        return null;
    }

    /// <summary>
    /// One axis of any size follows from the number of elements. Of two, the first is that of the batch and 1.
    /// </summary>
    private static bool TryShape(TensorSpec spec, long elements, Span<long> shape)
    {
        spec.Shape.CopyTo(shape);
        int open = shape.Count(-1);
        if (!spec.HasShape || open > 2 || (open == 2 && shape[0] != -1))
        {
            return false;
        }

        if (open == 2)
        {
            shape[0] = 1;
        }

        int axis = shape.IndexOf(-1);
        long rest = 1;
        foreach (long dimension in shape)
        {
            rest = dimension < 0 ? rest : Math.Min(rest * dimension, InferenceLimits.TensorBytesMax);
        }

        if (axis >= 0)
        {
            shape[axis] = rest == 0 ? 0 : elements / rest;
        }

        return true;
    }

    private static bool TryTakeText(Tensor tensor, ReadOnlySpan<byte> body)
    {
        if (tensor.ElementCount != 1)
        {
            return false;
        }

        tensor.AppendText(body);
        return true;
    }

    private static Finding Misfit(TensorSpec spec, int bytes) => InferErrors.ShapeMismatch.At(string.Create(
        CultureInfo.InvariantCulture,
        $"No shape of '{spec.Name}', {TensorTypes.Name(spec.Type)} {TensorShape.Describe(spec.Shape.AsSpan())}, "
        + $"has {bytes} bytes; send the shape as JSON."));
}
