using Kedge.Core;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Grpc;

/// <summary>One request on the way through its message: where it is read from and to, and what was seen.</summary>
internal ref struct GrpcRequestScan
{
    /// <summary>The whole message.</summary>
    internal required ReadOnlySpan<byte> Message;

    /// <summary>Empty, or the memory of the message, where inputs may then stay.</summary>
    internal required Memory<byte> Lent;

    /// <summary>Gets what is read.</summary>
    internal required InferenceCall Call;

    /// <summary>Shared memory that the request may name; null for none.</summary>
    internal required RegionTable? Regions;

    /// <summary>
    /// Of each input that does not lie in shared memory its index among the declared ones, in the order of the message.
    /// </summary>
    internal required Span<int> Order;

    /// <summary>How many these are.</summary>
    internal int InputCount;

    /// <summary>Entries of <c>raw_input_contents</c>.</summary>
    internal int RawCount;

    /// <summary>An input has elements in its contents.</summary>
    internal bool HasContents;

    /// <summary>An input has elements, and they are neither in its contents nor in shared memory.</summary>
    internal bool HasUnfilled;

    /// <summary>Outputs that say nothing themselves go raw.</summary>
    internal bool IsRaw;

    /// <summary>The memory of a part of the message; empty where it is not lent.</summary>
    internal readonly Memory<byte> LentAt(ReadOnlySpan<byte> part)
    {
        if (Lent.IsEmpty || part.IsEmpty)
        {
            return default;
        }

        bool isInside = Message.Overlaps(part, out int offset);
        Check.That(isInside);
        return Lent.Slice(offset, part.Length);
    }
}
