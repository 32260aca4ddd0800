using System.Buffers;
using System.IO.MemoryMappedFiles;
using Kedge.Core;

namespace Kedge.Native;

/// <summary>
/// A file as one piece of memory that the kernel fills as it is read: for parsers that want the whole of a file that
/// nobody wants to hold. The file must not become shorter meanwhile, so it is for files of one's own; whoever writes to
/// the memory, or reads it after it was disposed, ends the process.
/// </summary>
public sealed unsafe class MappedFile : MemoryManager<byte>
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _bytes;
    private byte* _start;

    /// <summary>Maps a file for reading.</summary>
    /// <param name="path">The file, 1 byte to 2 GiB - 1.</param>
    public MappedFile(string path)
    {
        long bytes = new FileInfo(path).Length;
        Check.That(bytes is > 0 and <= int.MaxValue);
        _bytes = (int)bytes;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        Check.That(_start is not null);
        return new Span<byte>(_start + _view.PointerOffset, _bytes);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        Check.That(_start is not null);
        Check.That(elementIndex >= 0 && elementIndex <= _bytes);
        return new MemoryHandle(_start + _view.PointerOffset + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
        // It never moves.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }

        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        _view.Dispose();
        _file.Dispose();
    }
}
