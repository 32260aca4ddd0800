using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Onnx.Native;

/// <summary>Reads what a loaded model takes and gives.</summary>
internal readonly unsafe struct OrtSignature(OrtApi api, nint session, nint allocator)
{
    /// <summary>Reads it; ends in an error where the protocol cannot carry it.</summary>
    internal static ModelSignature Read(OrtApi api, nint session, nint allocator)
    {
        OrtSignature reader = new(api, session, allocator);
        return new ModelSignature(reader.ReadSpecs(inputs: true), reader.ReadSpecs(inputs: false));
    }

    private ImmutableArray<TensorSpec> ReadSpecs(bool inputs)
    {
        nuint count;
        api.Require((inputs ? api.GetInputCount : api.GetOutputCount)(session, &count), "count tensors");
        if (count > InferenceLimits.TensorsMax)
        {
            throw new KedgeException(ServeErrors.ModelLoadFailed, "The model declares more than 256 tensors.");
        }

        ImmutableArray<TensorSpec>.Builder specs = ImmutableArray.CreateBuilder<TensorSpec>((int)count);
        for (nuint i = 0; i < count; i++)
        {
            byte* text;
            nint type;
            api.Require(
                (inputs ? api.GetInputName : api.GetOutputName)(session, i, allocator, &text), "read a name");
            string name = Marshal.PtrToStringUTF8((nint)text) ?? "";
            api.Require(api.Free(allocator, text), "free a name");
            api.Require(
                (inputs ? api.GetInputType : api.GetOutputType)(session, i, &type),
                $"read the type of {name}");
            try
            {
                specs.Add(ReadSpec(name, type));
            }
            finally
            {
                api.ReleaseType(type);
            }
        }

        return specs.MoveToImmutable();
    }

    private TensorSpec ReadSpec(string name, nint type)
    {
        int kind;
        int element = 0;
        nint tensor = 0;
        nuint rank = 0;
        long* shape = stackalloc long[InferenceLimits.RankMax];
        api.Require(api.GetKindOfType(type, &kind), $"read the kind of {name}");
        if (kind == OrtTypes.KindTensor)
        {
            api.Require(api.CastToTensorInfo(type, &tensor), $"read the type of {name}");
            api.Require(api.GetElementType(tensor, &element), $"read the element type of {name}");
            api.Require(api.GetRank(tensor, &rank), $"read the rank of {name}");
        }

        TensorType read = OrtTypes.FromNative(element);
        if (kind != OrtTypes.KindTensor || read == TensorType.Unknown || rank > InferenceLimits.RankMax)
        {
            throw new KedgeException(InferErrors.TypeInexpressible, string.Create(
                CultureInfo.InvariantCulture, $"'{name}' is of kind {kind}, element type {element}, rank {rank}."));
        }

        api.Require(api.GetShape(tensor, shape, rank), $"read the shape of {name}");
        return new TensorSpec(name, read, [.. new ReadOnlySpan<long>(shape, (int)rank)], HasShape: rank > 0);
    }
}
