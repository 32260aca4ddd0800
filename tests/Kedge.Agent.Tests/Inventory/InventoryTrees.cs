using Kedge.Agent.Disk;
using Kedge.Agent.Inventory;
using Kedge.Core.Borders;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Tests.Support;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Inventory;

/// <summary>Trees as captured on machines that are unlike each other, and ones made up file by file.</summary>
internal static class InventoryTrees
{
    internal const string Folder = "tests/fixtures/inventory";

    internal static readonly string[] Names =
        ["coral-dev-board", "intel-nuc", "jetson-orin", "numa-server", "raspberry-pi-5"];

    internal static InventoryContext Captured { get; } = new()
    {
        Simulated = true,
        AgentVersion = "0.1.0",
        Sandbox = "runc 1.1.5",
        MissingProtections = ["no seccomp"],
        AllowsNoSandbox = true,
        Runtimes = [new RuntimeFacts(ModelFormat.Onnx, "1.30.0")],
    };

    internal static RealDisk Open(string name) => new(GoldenFile.PathOf($"{Folder}/{name}"));

    internal static DeviceFacts Read(string name) => InventoryReader.Read(Open(name), Captured);

    /// <summary>The facts of a tree of these files.</summary>
    internal static DeviceFacts Read(params (string Path, string Content)[] files) =>
        InventoryReader.Read(Made(files), Captured);

    internal static MemoryDisk Made(params (string Path, string Content)[] files)
    {
        MemoryDisk disk = new();
        foreach ((string path, string content) in files)
        {
            Put(disk, path, System.Text.Encoding.UTF8.GetBytes(content));
        }

        return disk;
    }

    /// <summary>A captured tree, read once so that it can be read often.</summary>
    internal static MemoryDisk InMemory(string name)
    {
        MemoryDisk disk = new();
        Copy(Open(name), disk, "");
        return disk;
    }

    private static void Copy(RealDisk from, MemoryDisk to, string folder)
    {
        foreach (DiskEntry entry in from.List(folder))
        {
            string path = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
            if (entry.IsFolder)
            {
                Copy(from, to, path);
            }
            else
            {
                Put(to, path, from.Read(path, InventoryLimits.ListingBytesMax));
            }
        }
    }

    private static void Put(MemoryDisk disk, string path, byte[] content)
    {
        int slash = path.LastIndexOf('/');
        disk.CreateFolder(path[..slash]);
        using IDiskFile file = disk.Open(path, DiskOpening.Create);
        file.Write(content);
    }
}
