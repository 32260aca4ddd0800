using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.TfLite.Native;

/// <summary>Reads what a model takes and gives from an interpreter whose tensors have their first shapes.</summary>
internal readonly unsafe struct TflSignature(TflApi api, nint interpreter)
{
    /// <summary>Reads it; ends in an error where the protocol cannot carry it.</summary>
    internal ModelSignature Read() => new(
        ReadAll(api.GetInputCount(interpreter), inputs: true), ReadAll(api.GetOutputCount(interpreter), inputs: false));

    private ImmutableArray<TensorSpec> ReadAll(int count, bool inputs)
    {
        if (count > InferenceLimits.TensorsMax)
        {
            throw new KedgeException(ServeErrors.ModelLoadFailed, "The model declares more than 256 tensors.");
        }

        ImmutableArray<TensorSpec>.Builder specs = ImmutableArray.CreateBuilder<TensorSpec>(count);
        for (int i = 0; i < count; i++)
        {
            nint tensor = (inputs ? api.GetInput : api.GetOutput)(interpreter, i);
            string name = Marshal.PtrToStringUTF8((nint)api.GetName(tensor)) ?? "";
            string place = string.Create(CultureInfo.InvariantCulture, $"{(inputs ? "input" : "output")}{i}");
            specs.Add(ReadOne(name.Length > 0 ? name : place, tensor));
        }

        return specs.MoveToImmutable();
    }

    private TensorSpec ReadOne(string name, nint tensor)
    {
        int native = api.GetElementType(tensor);
        TensorType type = TflTypes.FromNative(native);
        int rank = api.GetRank(tensor);
        if (type == TensorType.Unknown || rank is < 0 or > InferenceLimits.RankMax)
        {
            throw new KedgeException(InferErrors.TypeInexpressible, string.Create(
                CultureInfo.InvariantCulture, $"'{name}' is of element type {native}, rank {rank}."));
        }

        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = api.GetExtent(tensor, i);
        }

        OpenUp(shape, tensor);
        return new TensorSpec(name, type, [.. shape], HasShape: rank > 0);
    }

    /// <summary>Sets -1 where the model takes any size; what a version of another layout says is not read.</summary>
    private void OpenUp(long[] shape, nint tensor)
    {
        TflShape* open = api.Version == TfLiteLibrary.PinnedVersion ? ((TflTensor*)tensor)->OpenShape : null;
        if (open is null || open->Count != shape.Length)
        {
            return;
        }

        int* extents = &open->First;
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = extents[i] < 0 ? -1 : shape[i];
        }
    }
}
