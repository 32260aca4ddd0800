using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Regions;

/// <summary>
/// What the parameters of one tensor say of shared memory, in whatever order they came and whichever protocol brought
/// them.
/// </summary>
internal struct RegionClaim
{
    private SharedRegion? _region;

    /// <summary><c>shared_memory_offset</c>, in bytes from 0.</summary>
    internal long Offset { readonly get; set; }

    /// <summary><c>shared_memory_byte_size</c>, from 0; null where nothing is said.</summary>
    internal long? ByteCount { readonly get; set; }

    /// <summary>Takes <c>shared_memory_region</c>: finds it and holds it for the request.</summary>
    internal Finding? Name(ReadOnlySpan<byte> nameUtf8, RequestExtensions? extensions, RegionTable? regions)
    {
        if (regions is null || extensions is null)
        {
            return InferErrors.RegionUnknown.At("Shared memory is off in this server.");
        }

        _region = extensions.Use(regions, nameUtf8);
        int shown = Math.Min(nameUtf8.Length, InferenceLimits.RegionNameBytesMax);
        return _region is null
            ? InferErrors.RegionUnknown.At($"There is no region '{Encoding.UTF8.GetString(nameUtf8[..shown])}'.")
            : null;
    }

    /// <summary>Checks what only shows once everything was read.</summary>
    /// <param name="hasData">The tensor brings elements in another way too.</param>
    /// <param name="part">Where it lies; null where nothing is said.</param>
    internal readonly Finding? Settle(bool hasData, out RegionPart? part)
    {
        part = null;
        if (_region is null)
        {
            return ByteCount is null && Offset == 0
                ? null
                : InferErrors.ParameterInvalid.At("'shared_memory_region' is missing.");
        }

        if (ByteCount is not { } byteCount)
        {
            return InferErrors.ParameterInvalid.At("'shared_memory_byte_size' is missing.");
        }

        if (hasData)
        {
            return InferErrors.ParameterInvalid.At("A tensor in shared memory has no other data.");
        }

        part = RegionPart.Of(_region, Offset, byteCount);
        return part is null ? RegionTransfer.Outside(_region) : null;
    }
}
