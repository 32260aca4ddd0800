using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Regions;

/// <summary>
/// Moves tensors between a call and shared memory, in the form of binary data. The client may change the memory while a
/// run reads it. For floating-point numbers that spoils nothing but the answer, so they are not copied; a whole number
/// may be an index that a runtime has already checked, so those are copied, and so are texts.
/// </summary>
public static class RegionTransfer
{
    // No runtime here wants more for numbers that it reads one by one.
    private const int BorrowAlignment = 16;

    /// <summary>True for a tensor that may be computed on where it lies.</summary>
    public static bool MayBorrow(TensorType type, RegionPart part) => part.ByteCount > 0
        && part.Offset % BorrowAlignment == 0
        && type is TensorType.Float16 or TensorType.BFloat16 or TensorType.Float32 or TensorType.Float64;

    /// <summary>
    /// Writes every output that goes to shared memory. Called when the outputs are there, before the answer is written.
    /// </summary>
    /// <returns>Null, or which output does not fit where it is wanted.</returns>
    public static Finding? WriteOutputs(InferenceCall call)
    {
        foreach (int index in call.Wanted)
        {
            Tensor tensor = call.AnswerOf(index);
            if (call.Extensions.PlaceOf(index) is not { } place)
            {
                continue;
            }

            if (BinaryTensors.Size(tensor) > place.ByteCount)
            {
                return InferErrors.RegionTooSmall.At(string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{tensor.Name}' has {BinaryTensors.Size(tensor)} bytes, not {place.ByteCount}."));
            }

            BinaryTensors.Write(place.Memory.Span, tensor);
        }

        return null;
    }

    internal static Finding Misfit(string name, RegionPart part) => InferErrors.RegionTooSmall.At(string.Create(
        CultureInfo.InvariantCulture,
        $"The {part.ByteCount} bytes of '{name}' in '{part.Region.Name}' do not have its shape."));

    internal static Finding Outside(SharedRegion region) => InferErrors.RegionTooSmall.At(string.Create(
        CultureInfo.InvariantCulture,
        $"Region '{region.Name}' has {region.Memory.Length} bytes; the tensor would lie outside."));
}
