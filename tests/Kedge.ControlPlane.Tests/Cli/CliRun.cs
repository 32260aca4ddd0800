using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Api;
using Kedge.Cli;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>Runs command lines in this process, in a home folder of their own.</summary>
internal sealed class CliRun : IDisposable
{
    public CliRun() => Home = Directory.CreateTempSubdirectory("kedge-cli-").FullName;

    public string Home { get; }

    public string ConfigPath => Path.Combine(Home, ".config", "kedge", "config.json");

    public Dictionary<string, string> Variables { get; } = [];

    public string Input { get; set; } = "";

    /// <summary>A file in the home folder.</summary>
    public string Write(string name, string text)
    {
        string path = Path.Combine(Home, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void WriteContext(string name = "plant", string server = "https://127.0.0.1:1", string ownerFolder = "")
    {
        KedgeContext context = new()
        {
            Name = name,
            Server = server,
            RootPem = RootPem(),
            Token = "kedge_secret",
            OwnerFolder = ownerFolder,
        };
        ContextDocument.Load(ConfigPath).With(context).Save(ConfigPath);
    }

    public async Task<CliResult> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        CliWorld world = World(output, error);
        int exit = await KedgeCommand.RunAsync(arguments, world, CancellationToken.None);
        return new CliResult(exit, output.ToString(), error.ToString());
    }

    public CliWorld World(TextWriter output, TextWriter error) => new()
    {
        Out = TextWriter.Synchronized(output),
        Error = TextWriter.Synchronized(error),
        In = new StringReader(Input),
        Time = TimeProvider.System,
        Environment = name => Variables.GetValueOrDefault(name),
        Home = Home,
    };

    public void Dispose() => Directory.Delete(Home, recursive: true);

    private static string RootPem()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=root", key, HashAlgorithmName.SHA256);
        using X509Certificate2 root =
            request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(90));
        return root.ExportCertificatePem();
    }
}

/// <summary>What a command line gave.</summary>
internal sealed record CliResult(int Exit, string Out, string Error)
{
    public string All => Out + Error;
}
