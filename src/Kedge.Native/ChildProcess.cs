using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core;

namespace Kedge.Native;

/// <summary>
/// A process held by a pidfd, so that a signal can never reach another process that got the same number later.
/// It may be a child of ours or one that we adopt. Disposing it lets go; the process runs on.
/// </summary>
public sealed unsafe class ChildProcess : IDisposable
{
    private const int WaitByPidfd = 3;
    private const int WaitExitedNoHang = 4 | 1;
    private const int SignalRecordBytes = 128;
    private const int FirstPassed = 3;

    private ChildProcess(int pid, FileDescriptor pidfd)
    {
        Pid = pid;
        ExitDescriptor = pidfd;
    }

    /// <summary>Its number in our pid namespace.</summary>
    public int Pid { get; }

    /// <summary>Readable from the moment the process has ended: wait for it through <see cref="Polling"/>.</summary>
    public FileDescriptor ExitDescriptor { get; }

    /// <summary>True once the process has ended.</summary>
    public bool HasEnded => Polling.WaitReadable(ExitDescriptor, TimeSpan.Zero);

    /// <summary>Takes hold of a process that runs already.</summary>
    /// <exception cref="NativeException">There is none (<see cref="NativeException.IsAbsent"/>).</exception>
    public static ChildProcess Open(int pid)
    {
        int number = (int)Libc.Syscall(Libc.SyscallPidfdOpen, pid, 0, 0, 0);
        return new ChildProcess(pid, FileDescriptor.FromCall(
            number, string.Create(CultureInfo.InvariantCulture, $"open process {pid}")));
    }

    /// <summary>Starts a process by <c>posix_spawn</c>.</summary>
    /// <exception cref="NativeException">The program is absent or may not be run.</exception>
    public static ChildProcess Start(SpawnSpec spec)
    {
        byte* actions = stackalloc byte[LibcSpawn.OpaqueBytes];
        byte* attributes = stackalloc byte[LibcSpawn.OpaqueBytes];
        using NativeStrings strings = new();
        List<FileDescriptor> raised = [];
        _ = LibcSpawn.ActionsInit(actions);
        _ = LibcSpawn.AttributesInit(attributes);
        try
        {
            Raise(spec, raised);
            AddFileActions(actions, spec, raised, strings);
            AddAttributes(attributes);
            byte** arguments = strings.Array([spec.Program, .. spec.Arguments]);
            byte** environment = strings.Array([.. spec.Environment]);
            int pid;
            int error = LibcSpawn.Spawn(&pid, strings.Text(spec.Program), actions, attributes, arguments, environment);
            GC.KeepAlive(spec);
            return error == 0 ? Open(pid) : throw new NativeException($"start {spec.Program}", error);
        }
        finally
        {
            raised.ForEach(static descriptor => descriptor.Dispose());
            _ = LibcSpawn.ActionsDestroy(actions);
            _ = LibcSpawn.AttributesDestroy(attributes);
        }
    }

    /// <summary>Sends a signal; false when the process has ended already.</summary>
    /// <param name="signal">15 asks it to end, 9 ends it.</param>
    public bool Signal(int signal)
    {
        if (Libc.Syscall(Libc.SyscallPidfdSendSignal, ExitDescriptor.Number, signal, 0, 0) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == Libc.NoProcess
            ? false
            : throw NativeException.Last(string.Create(CultureInfo.InvariantCulture, $"signal process {Pid}"));
    }

    /// <summary>
    /// Collects a child that has ended, so that it does not stay as a zombie. Null when it still runs, or when it is
    /// no child of ours: who started it learns how it ended, we only that it did.
    /// </summary>
    public ProcessEnd? TryCollect()
    {
        byte* record = stackalloc byte[SignalRecordBytes];
        new Span<byte>(record, SignalRecordBytes).Clear();
        if (Libc.WaitId(WaitByPidfd, ExitDescriptor.Number, record, WaitExitedNoHang) != 0)
        {
            return null;
        }

        // siginfo_t on 64-bit Linux: si_code at 8, si_pid at 16, si_status at 24.
        int pid = *(int*)(record + 16);
        return pid == 0 ? null : new ProcessEnd(*(int*)(record + 8) == 1, *(int*)(record + 24));
    }

    /// <inheritdoc/>
    public void Dispose() => ExitDescriptor.Dispose();

    private static void Raise(SpawnSpec spec, List<FileDescriptor> raised)
    {
        // Copies above every target: a number may be both the source of one descriptor and the place of another.
        int least = FirstPassed + spec.Descriptors.Length;
        foreach (FileDescriptor descriptor in spec.Descriptors)
        {
            int copy = Libc.Control(descriptor.Number, Libc.DuplicateCloseOnExec, least);
            raised.Add(FileDescriptor.FromCall(copy, "duplicate a descriptor"));
        }
    }

    private static void AddFileActions(
        byte* actions, SpawnSpec spec, List<FileDescriptor> raised, NativeStrings strings)
    {
        const int WriteAppendCreate = 1 | 0x40 | 0x400;
        int error = LibcSpawn.ActionsOpen(actions, 0, strings.Text("/dev/null"), 0, 0);
        error |= spec.OutputFile is null
            ? LibcSpawn.ActionsOpen(actions, 1, strings.Text("/dev/null"), 1, 0)
            : LibcSpawn.ActionsOpen(actions, 1, strings.Text(spec.OutputFile), WriteAppendCreate, 0x180);
        error |= LibcSpawn.ActionsDuplicate(actions, 1, 2);

        for (int i = 0; i < raised.Count; i++)
        {
            error |= LibcSpawn.ActionsDuplicate(actions, raised[i].Number, FirstPassed + i);
        }

        error |= LibcSpawn.ActionsCloseFrom(actions, FirstPassed + raised.Count);
        if (spec.WorkingFolder is not null)
        {
            error |= LibcSpawn.ActionsChangeFolder(actions, strings.Text(spec.WorkingFolder));
        }

        Check.That(error == 0);
    }

    private static void AddAttributes(byte* attributes)
    {
        // .NET ignores SIGPIPE, and an ignored signal stays ignored over exec: the child starts with all at default.
        byte* signals = stackalloc byte[128];
        new Span<byte>(signals, 128).Fill(0xFF);
        int error = LibcSpawn.AttributesSignalDefaults(attributes, signals);
        new Span<byte>(signals, 128).Clear();
        error |= LibcSpawn.AttributesSignalMask(attributes, signals);
        const short Flags = LibcSpawn.SetSignalDefaults | LibcSpawn.SetSignalMask | LibcSpawn.NewSession;
        error |= LibcSpawn.AttributesFlags(attributes, Flags);
        Check.That(error == 0);
    }

    /// <summary>C strings that live as long as one call.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly List<nint> _blocks = [];

        internal byte* Text(string text)
        {
            Check.That(!text.Contains('\0'));
            byte[] bytes = Encoding.UTF8.GetBytes(text + '\0');
            byte* block = Allocate(bytes.Length);
            bytes.CopyTo(new Span<byte>(block, bytes.Length));
            return block;
        }

        internal byte** Array(List<string> texts)
        {
            byte** array = (byte**)Allocate((texts.Count + 1) * sizeof(nint));
            for (int i = 0; i < texts.Count; i++)
            {
                array[i] = Text(texts[i]);
            }

            array[texts.Count] = null;
            return array;
        }

        public void Dispose() => _blocks.ForEach(static block => NativeMemory.Free((void*)block));

        private byte* Allocate(int bytes)
        {
            byte* block = (byte*)NativeMemory.Alloc((nuint)bytes);
            _blocks.Add((nint)block);
            return block;
        }
    }
}
