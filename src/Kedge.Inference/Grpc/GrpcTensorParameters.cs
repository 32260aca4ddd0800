using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Grpc;

/// <summary>What the parameters of one input or output say: binary data, classification, shared memory.</summary>
internal struct GrpcTensorParameters
{
    /// <summary>What it says of shared memory.</summary>
    internal RegionClaim Claim;

    /// <summary>How many classes of this output are wanted; 0 for its elements.</summary>
    internal int Classes { readonly get; private set; }

    /// <summary>How this output is wanted; null where nothing is said.</summary>
    internal bool? IsRaw { readonly get; private set; }

    /// <summary>Reads one entry of the tensor's map; what is not named here is skipped.</summary>
    internal Finding? Read(ReadOnlySpan<byte> entry, RequestExtensions extensions, RegionTable? regions)
    {
        if (!WireParameter.TryRead(entry, out WireParameter parameter))
        {
            return GrpcRequestReader.NoMessage();
        }

        if (parameter.Key.SequenceEqual("binary_data"u8))
        {
            IsRaw = parameter.IsTrue;
        }
        else if (parameter.Key.SequenceEqual("classification"u8))
        {
            bool found = parameter.TryCount(out long classes) && classes is >= 1 and <= InferenceLimits.ClassesMax;
            Classes = found ? (int)classes : 0;
            return found ? null : InferErrors.ParameterInvalid.At("'classification' must be 1..10000.");
        }
        else if (parameter.Key.SequenceEqual("shared_memory_region"u8))
        {
            return parameter.Kind == ParameterKind.Text
                ? Claim.Name(parameter.Text, extensions, regions)
                : InferErrors.ParameterInvalid.At("'shared_memory_region' must be a string.");
        }
        else if (parameter.Key.SequenceEqual("shared_memory_offset"u8))
        {
            bool found = parameter.TryCount(out long offset);
            Claim.Offset = offset;
            return found ? null : GrpcParameters.NoCount("shared_memory_offset");
        }
        else if (parameter.Key.SequenceEqual("shared_memory_byte_size"u8))
        {
            bool found = parameter.TryCount(out long byteCount);
            Claim.ByteCount = byteCount;
            return found ? null : GrpcParameters.NoCount("shared_memory_byte_size");
        }

        return null;
    }
}
