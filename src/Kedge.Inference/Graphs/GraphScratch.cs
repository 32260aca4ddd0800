using System.Runtime.InteropServices;

namespace Kedge.Inference.Graphs;

/// <summary>Memory that steps use while they compute, and the next step uses again. Not thread-safe.</summary>
internal sealed class GraphScratch
{
    private const int Places = 6;
    private readonly byte[][] _memory = [.. Enumerable.Repeat(Array.Empty<byte>(), Places)];

    /// <summary>Room for so many values in one of six places; what is in it is undefined.</summary>
    internal Span<T> Take<T>(int place, int count)
        where T : unmanaged
    {
        int bytes = checked(count * Marshal.SizeOf<T>());
        if (_memory[place].Length < bytes)
        {
            _memory[place] = GC.AllocateUninitializedArray<byte>(Math.Max(bytes, 256));
        }

        return MemoryMarshal.Cast<byte, T>(_memory[place].AsSpan(0, bytes));
    }

    /// <summary>Gives back what is more than this many bytes in one place.</summary>
    internal void Trim(int keepBytesMax)
    {
        for (int i = 0; i < Places; i++)
        {
            _memory[i] = _memory[i].Length > keepBytesMax ? [] : _memory[i];
        }
    }
}
