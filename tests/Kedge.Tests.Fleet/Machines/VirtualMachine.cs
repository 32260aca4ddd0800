using System.Formats.Tar;
using System.Globalization;

namespace Kedge.Tests.Fleet.Machines;

/// <summary>
/// An emulated machine with systemd and cgroup v2, booted from a copy of the disk that <c>eng/vm/build</c> makes. It
/// needs no virtualisation of the processor. Its network has nobody in it but the ports of this machine that are
/// forwarded; commands go another way. Its power can be cut, and it boots the same disk again.
/// </summary>
public sealed class VirtualMachine : IAsyncDisposable
{
    /// <summary>The address at which the guest finds the forwarded ports of this machine.</summary>
    public const string HostAddress = "10.0.2.100";

    // An emulated processor takes half a minute where nothing else runs; patience costs nothing where all is well.
    private static readonly TimeSpan BootDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CommandDeadline = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(20);

    private readonly string _image;
    private readonly string _folder;
    private readonly int[] _ports;
    private OwnedProcess? _machine;
    private GuestAgent? _guest;

    private VirtualMachine(string image, string folder, int[] ports)
    {
        _image = image;
        _folder = folder;
        _ports = ports;
    }

    private string Disk => Path.Combine(_folder, "disk.raw");

    private string Gifts => Path.Combine(_folder, "gifts.tar");

    private string Console => Path.Combine(_folder, "console.log");

    private string Port => Path.Combine(_folder, "guest.sock");

    /// <summary>Makes a machine that is not switched on.</summary>
    /// <param name="root">Root of the checkout.</param>
    /// <param name="folder">An empty folder with a short path, for its disk.</param>
    /// <param name="ports">Ports of this machine's loopback address that the guest may reach.</param>
    /// <param name="files">Files that are in the guest's <c>/root</c> after its first boot.</param>
    public static async Task<VirtualMachine> MakeAsync(string root, string folder, int[] ports, string[] files)
    {
        CommandResult built = await CommandResult.RunAsync(
            Path.Combine(root, "eng/vm/build"), [], deadline: BuildDeadline);
        VirtualMachine machine = new(built.MustSucceed().Output.Trim(), folder, ports);
        (await CommandResult.RunAsync(
            "cp", ["--sparse=always", Path.Combine(machine._image, "disk.raw"), machine.Disk])).MustSucceed();
        if (files.Length > 0)
        {
            await WrapAsync(files, machine.Gifts);
        }

        return machine;
    }

    /// <summary>Boots it and waits until systemd has started what it should.</summary>
    public async Task BootAsync()
    {
        bool isFirst = !File.Exists(Console);
        File.Delete(Port);
        _machine = OwnedProcess.Start(
            "qemu-system-x86_64", Arguments(), new Dictionary<string, string>(), Path.Combine(_folder, "qemu.log"));
        await Until.TrueAsync(
            () => Task.FromResult(!_machine.HasExited && File.Exists(Port)),
            BootDeadline,
            () => Task.FromResult(_machine.LogTail()));
        using CancellationTokenSource late = new(BootDeadline);
        try
        {
            _guest = await GuestAgent.ConnectAsync(Port, late.Token);
            await _guest.PingAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the machine did not boot:\n{_machine.LogTail()}\n{ConsoleTail()}");
        }

        if (isFirst && File.Exists(Gifts))
        {
            (await RunAsync("tar", "--extract", "--file=/dev/vdb", "--directory=/root", "--no-same-owner"))
                .MustSucceed();
        }
    }

    /// <summary>Runs a command in the machine as root, by argument vector, to its end.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(arguments, []);

    /// <summary>The same with something on its standard input.</summary>
    public async Task<CommandResult> RunAsync(string[] arguments, byte[] input)
    {
        GuestAgent guest = _guest ?? throw new InvalidOperationException("the machine is off");
        using CancellationTokenSource late = new(CommandDeadline);
        try
        {
            return await guest.RunAsync(arguments, input, late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{string.Join(' ', arguments)} did not end in time:\n{ConsoleTail()}");
        }
    }

    /// <summary>Takes its power away: nothing is flushed, nobody is told.</summary>
    public async Task CutPowerAsync()
    {
        _guest?.Dispose();
        _guest = null;
        if (_machine is not null)
        {
            await _machine.KillAsync();
            _machine.Dispose();
            _machine = null;
        }
    }

    /// <summary>Cuts its power; the folder belongs to the caller.</summary>
    public async ValueTask DisposeAsync() => await CutPowerAsync();

    /// <summary>The end of what the kernel and systemd wrote to the console.</summary>
    public string ConsoleTail() => File.Exists(Console) ? string.Join('\n', File.ReadLines(Console).TakeLast(20)) : "";

    private static async Task WrapAsync(string[] files, string target)
    {
        await using FileStream stream = File.Create(target);
        await using TarWriter tar = new(stream);
        foreach (string file in files)
        {
            await tar.WriteEntryAsync(file, Path.GetFileName(file));
        }
    }

    private IEnumerable<string> Arguments()
    {
        // Restricted: the guest reaches the forwarded ports and nothing else, not even this machine.
        string network = "user,id=net,restrict=on" + string.Concat(_ports.Select(p => string.Create(
            CultureInfo.InvariantCulture,
            $",guestfwd=tcp:{HostAddress}:{p}-cmd:socat -t 30 STDIO TCP4:127.0.0.1:{p}")));
        return
        [
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-monitor", "none",
            "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max", "-m", "1024", "-smp", "2",
            "-kernel", Path.Combine(_image, "vmlinuz"), "-initrd", Path.Combine(_image, "initrd.img"),
            "-append", "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0",
            "-drive", $"file={Disk},if=virtio,format=raw",
            .. File.Exists(Gifts) ? (string[])["-drive", $"file={Gifts},if=virtio,format=raw,readonly=on"] : [],
            "-device", "virtio-rng-pci",
            "-device", "virtio-serial-pci", "-chardev", $"socket,path={Port},server=on,wait=off,id=guest",
            "-device", "virtserialport,chardev=guest,name=org.qemu.guest_agent.0",
            "-netdev", network, "-device", "virtio-net-pci,netdev=net,romfile=",
            "-chardev", $"file,path={Console},append=on,id=console", "-serial", "chardev:console",
        ];
    }
}
