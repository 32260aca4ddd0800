using System.Collections.Immutable;
using System.Text;
using Kedge.Core;

namespace Kedge.Inference.Regions;

/// <summary>
/// Memory that a client on the same machine shares with the server: inputs are read where they lie, outputs written
/// where they are wanted. It stays mapped while the table or any request holds it, so that taking it out of the table
/// never pulls it away from under a run. The client may change it at any time: whoever reads it believes nothing twice.
/// </summary>
public sealed class SharedRegion
{
    private readonly IDisposable _mapping;
    private int _holds = 1;

    /// <summary>A region that its maker holds.</summary>
    /// <param name="name">Its name, 1..<see cref="InferenceLimits.RegionNameBytesMax"/> bytes of UTF-8.</param>
    /// <param name="memory">The memory; it never moves.</param>
    /// <param name="mapping">Ended when nobody holds the region any more.</param>
    public SharedRegion(string name, Memory<byte> memory, IDisposable mapping)
    {
        Name = name;
        NameUtf8 = [.. Encoding.UTF8.GetBytes(name)];
        Memory = memory;
        _mapping = mapping;
    }

    /// <summary>Its name in requests.</summary>
    public string Name { get; }

    /// <summary>The same in UTF-8.</summary>
    public ImmutableArray<byte> NameUtf8 { get; }

    /// <summary>The memory; valid while the region is held.</summary>
    public Memory<byte> Memory { get; }

    /// <summary>Holds it for one more; false when it is already gone.</summary>
    public bool TryHold()
    {
        while (true)
        {
            int holds = Volatile.Read(ref _holds);
            if (holds == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _holds, holds + 1, holds) == holds)
            {
                return true;
            }
        }
    }

    /// <summary>Lets go of it once; the last one to do so ends the mapping.</summary>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _holds);
        Check.That(left >= 0);
        if (left == 0)
        {
            _mapping.Dispose();
        }
    }
}
