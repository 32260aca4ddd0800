using Kedge.Core;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>
/// Writes a difference to a temporary file as it is made: segments behind the room for the front, then the front. It
/// takes no more than a bound, beyond which the difference is of no use.
/// </summary>
internal sealed class DeltaWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly long _bytesMax;

    /// <summary>Begins a file that must not be there yet.</summary>
    /// <param name="path">Where.</param>
    /// <param name="frontBytes">Room to leave at the beginning.</param>
    /// <param name="bytesMax">How long the difference may get.</param>
    public DeltaWriter(string path, int frontBytes, long bytesMax)
    {
        _bytesMax = bytesMax;
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 256 * Limits.KiB);
        _file.Position = frontBytes;
    }

    /// <summary>Takes the next segment; false when the difference would get too long.</summary>
    public bool TryWrite(ReadOnlySpan<byte> segment)
    {
        if (_file.Position + segment.Length > _bytesMax)
        {
            return false;
        }

        _file.Write(segment);
        return true;
    }

    /// <summary>Takes the front, and returns when everything is on the disk.</summary>
    public void Finish(ReadOnlySpan<byte> front)
    {
        _file.Position = 0;
        _file.Write(front);
        _file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
