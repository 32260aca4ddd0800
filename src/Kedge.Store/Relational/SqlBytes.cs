using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kedge.Core;

namespace Kedge.Store.Relational;

/// <summary>Hands bytes to a parameter without a copy; databases only read them.</summary>
internal static class SqlBytes
{
    public static byte[] Of(ImmutableArray<byte> bytes)
    {
        byte[]? array = ImmutableCollectionsMarshal.AsArray(bytes);
        Check.That(array is not null);
        return array;
    }
}
