using Kedge.Tests.Fleet;
using Kedge.Tests.Fleet.Machines;

// kedge-vm [--file FILE]... [-- COMMAND [ARGUMENT...]]
//   Boots a fresh virtual machine, puts files into its /root, runs one command in it, says what it printed, ends it.
//   Without a command, each line of the standard input is one: its words are the arguments.
List<string> files = [];
int next = 0;
for (; next + 1 < args.Length && args[next] == "--file"; next += 2)
{
    files.Add(Path.GetFullPath(args[next + 1]));
}

string[] command = args[(next < args.Length && args[next] == "--" ? next + 1 : next)..];
string folder = Directory.CreateTempSubdirectory("kedge-vm-").FullName;
try
{
    await using VirtualMachine machine = await VirtualMachine.MakeAsync(
        Directory.GetCurrentDirectory(), folder, [], [.. files]);
    await machine.BootAsync();
    if (command.Length > 0)
    {
        return await RunAsync(machine, command);
    }

    await Console.Error.WriteLineAsync("booted; a command a line, end of input ends it");
    int last = 0;
    while (await Console.In.ReadLineAsync() is { } line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        last = words.Length > 0 ? await RunAsync(machine, words) : last;
    }

    return last;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static async Task<int> RunAsync(VirtualMachine machine, string[] words)
{
    try
    {
        CommandResult result = await machine.RunAsync(words);
        await Console.Out.WriteAsync(result.Output);
        await Console.Error.WriteAsync(result.Error);
        return result.ExitCode;
    }
    catch (InvalidOperationException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 127;
    }
}
