using System.Runtime.InteropServices;
using Kedge.Core;

namespace Kedge.Native;

/// <summary>
/// An open file descriptor of this process. Disposing it calls <c>close</c> and nothing else: a socket that other
/// processes hold too is never shut down, which disposing a .NET socket may do to all of them.
/// </summary>
public sealed class FileDescriptor : SafeHandle
{
    private FileDescriptor(int number)
        : base(-1, ownsHandle: true) => SetHandle(number);

    /// <summary>The descriptor's number. Valid while this object is neither disposed nor collected.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Takes ownership of an open descriptor.</summary>
    /// <param name="number">0 or greater.</param>
    public static FileDescriptor Adopt(int number)
    {
        Check.That(number >= 0);
        return new FileDescriptor(number);
    }

    /// <summary>
    /// Another descriptor for the same open file, closed on exec. Throws <see cref="NativeException"/>.
    /// </summary>
    public FileDescriptor Duplicate()
    {
        int copy = Libc.Control(Number, Libc.DuplicateCloseOnExec, 0);
        GC.KeepAlive(this);
        return copy >= 0 ? new FileDescriptor(copy) : throw NativeException.Last("duplicate a descriptor");
    }

    /// <summary>Gives the number away: the caller closes it, this object no longer does.</summary>
    public int Release()
    {
        int number = Number;
        SetHandleAsInvalid();
        return number;
    }

    internal static FileDescriptor FromCall(int result, string what) =>
        result >= 0 ? new FileDescriptor(result) : throw NativeException.Last(what);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
