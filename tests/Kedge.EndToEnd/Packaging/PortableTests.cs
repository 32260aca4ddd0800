using System.Buffers.Binary;
using System.Reflection.PortableExecutable;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.EndToEnd.Sandbox;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Packaging;

/// <summary>
/// The portable agent and model server: the same code for every processor, run here where it can be; of what cannot
/// run here, every native file is read.
/// </summary>
public sealed class PortableTests
{
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;

    [Fact]
    public async Task Portable_programs_run_and_the_doctor_finds_all_that_they_need()
    {
        using PortableArchive archive = new("x64");
        CommandResult agent = await CommandResult.RunAsync(archive.Agent, ["--version"]);
        CommandResult serve = await CommandResult.RunAsync(archive.Serve, ["--version"]);
        CommandResult status = await CommandResult.RunAsync(archive.Agent, ["status", "--data", archive.Data]);
        CommandResult doctor = await CommandResult.RunAsync(archive.Agent, ["doctor", "--data", archive.Data]);

        Assert.Matches("^kedge-agent [0-9.]+\n$", agent.Output);
        Assert.Matches("^kedge-serve [0-9.]+\n$", serve.Output);
        Assert.Contains("KEDGE-AGENT-002", status.Error, StringComparison.Ordinal);
        Assert.Matches("ok +programs +" + archive.Serve, doctor.Output);
        Assert.Matches("ok +sandbox +(runc|crun) ", doctor.Output);
    }

    [Fact]
    public async Task The_portable_server_answers_from_a_sandbox_on_the_runtime_of_its_agent()
    {
        using PortableArchive archive = new("x64");
        await using SandboxBench bench = new(options => options with
        {
            ServeProgram = archive.Serve,
            RuntimeLibrary = archive.RuntimeLibrary,
        });
        Assert.Null((await bench.Supervisor.TestAsync(CancellationToken.None)).Problem);
        PreparedRelease release = bench.Release(2, 3);
        InstanceState instance = await bench.StartAsync(release);
        Assert.IsType<StepOutcome.Done>(
            await bench.Supervisor.PreflightAsync(instance.Id, release, CancellationToken.None));
        await bench.HandOverAsync(instance);
        using InferClient client = bench.Client();
        (int status, string body) = await client.PostAsync(SandboxBench.Request, CancellationToken.None);

        Assert.True(status == 200, body);
        string command = File.ReadAllText($"/proc/{instance.Pid}/cmdline");
        Assert.StartsWith("/kedge/dotnet/dotnet\0/kedge/serve/kedge-serve.dll\0", command, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x64", X64)]
    [InlineData("arm64", Arm64)]
    public void An_archive_holds_native_files_of_its_own_processor_only(string architecture, ushort machine)
    {
        using PortableArchive archive = new(architecture);
        List<string> native = [];
        foreach (string file in Directory.EnumerateFiles(archive.Root, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (bytes.AsSpan().StartsWith("\u007fELF"u8))
            {
                native.Add(Path.GetFileName(file));
                Assert.Equal(machine, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(18)));
            }
            else if (file.EndsWith(".dll", StringComparison.Ordinal))
            {
                using PEReader assembly = new(new MemoryStream(bytes));
                CorHeader code = assembly.PEHeaders.CorHeader ?? throw new InvalidDataException($"{file} is native");
                Assert.True(code.Flags.HasFlag(CorFlags.ILOnly), $"{file} holds native code");
                Assert.Equal(0, code.ManagedNativeHeaderDirectory.Size);
            }
        }

        Assert.Equal(
            ["libonnxruntime.so.1", "libspng.so.0", "libtensorflowlite_c.so", "libturbojpeg.so.0"],
            native.Order(StringComparer.Ordinal));
    }
}
