using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kedge.Cli;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary><c>kedge model sign</c> and <c>kedge model verify</c>, which call no server.</summary>
public sealed class ModelSignatureCommandTests : IDisposable
{
    private readonly CliRun _cli = new();
    private readonly string _folder;
    private readonly string _key;
    private readonly string _public;

    public ModelSignatureCommandTests()
    {
        _cli.Write("model/weights/a.bin", "aaaa");
        _cli.Write("model/config.json", "{}");
        _cli.Write("model/.git/HEAD", "ref");
        _cli.Write("model/cache/x", "x");
        _folder = Path.Combine(_cli.Home, "model");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        _key = _cli.Write("signer.key", key.ExportPkcs8PrivateKeyPem());
        _public = _cli.Write("signer.pub", key.ExportSubjectPublicKeyInfoPem());
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_folder_is_signed_and_verified_and_any_change_is_named()
    {
        CliResult signed = await _cli.RunAsync("model", "sign", _folder, "--key", _key, "--ignore", "cache");
        Assert.Equal(0, signed.Exit);
        Assert.Matches("^model: 2 files signed as sha256:[0-9a-f]{64} in .*model.sig\n$", signed.Out);
        Assert.Contains("model: 2 files verified", await OkAsync(), StringComparison.Ordinal);

        // What the signature records as left out may change.
        _cli.Write("model/cache/y", "y");
        _ = await OkAsync();

        _cli.Write("model/config.json", "{ }");
        _cli.Write("model/added", "");
        File.Move(Path.Combine(_folder, "weights", "a.bin"), Path.Combine(_folder, "weights", "b.bin"));
        CliResult refused = await VerifyAsync();
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.Contains("KEDGE-TRUST-018", refused.Error, StringComparison.Ordinal);
        Assert.Contains("KEDGE-TRUST-019", refused.Error, StringComparison.Ordinal);
        Assert.Contains("'added' was not signed", refused.Error, StringComparison.Ordinal);
        Assert.Contains("'weights/b.bin' was not signed", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_signed_beside_itself()
    {
        string file = Path.Combine(_folder, "weights", "a.bin");
        Assert.Equal(0, (await _cli.RunAsync("model", "sign", file, "--key", _key)).Exit);
        Assert.Equal(0, (await _cli.RunAsync("model", "verify", file, "--key", _public)).Exit);
        await File.WriteAllTextAsync(file, "bbbb");
        CliResult refused = await _cli.RunAsync("model", "verify", file, "--key", _public);
        Assert.Contains("KEDGE-TRUST-018", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_is_neither_signed_nor_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "config.json"));
        CliResult refused = await _cli.RunAsync("model", "sign", _folder, "--key", _key);
        Assert.Equal(ExitCodes.Refused, refused.Exit);
        Assert.Contains("KEDGE-TRUST-021", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "model.sig")));
    }

    [Fact]
    public async Task A_certificate_goes_with_the_signature_and_is_verified_against_a_root()
    {
        (string certificate, string root) = Certificates();
        string[] sign = ["model", "sign", _folder, "--key", _key, "--certificate", certificate, "--ignore", "cache"];
        Assert.Equal(0, (await _cli.RunAsync(sign)).Exit);
        Assert.Equal(0, (await _cli.RunAsync("model", "verify", _folder, "--root", root)).Exit);

        CliResult byKey = await VerifyAsync();
        Assert.Contains("KEDGE-TRUST-014", byKey.Error, StringComparison.Ordinal);
        CliResult leaf = await _cli.RunAsync("model", "verify", _folder, "--root", certificate);
        Assert.Contains("KEDGE-TRUST-016", leaf.Error, StringComparison.Ordinal);
        CliResult foreign = await _cli.RunAsync("model", "sign", _folder, "--key", _key, "--certificate", root);
        Assert.Contains("KEDGE-CLI-041", foreign.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_of_the_right_kind_nothing_is_signed_or_verified()
    {
        string noKey = _cli.Write("no.key", "hello");
        Assert.Contains("KEDGE-CLI-040", await FailAsync("sign", "--key", noKey), StringComparison.Ordinal);
        Assert.Contains("KEDGE-CLI-040", await FailAsync("sign", "--key", _public), StringComparison.Ordinal);
        Assert.Contains("KEDGE-CLI-012", await FailAsync("sign", "--key", "nowhere"), StringComparison.Ordinal);
        _cli.Write("model/model.sig", "{}");
        Assert.Contains("KEDGE-CLI-001", await FailAsync("verify"), StringComparison.Ordinal);
        Assert.Contains("KEDGE-TRUST-011", await FailAsync("verify", "--key", _public), StringComparison.Ordinal);
        Assert.Contains("KEDGE-CLI-041", await FailAsync("verify", "--root", noKey), StringComparison.Ordinal);
        Assert.Contains("KEDGE-CLI-040", await FailAsync("verify", "--key", noKey), StringComparison.Ordinal);
    }

    private async Task<string> FailAsync(string verb, params string[] more)
    {
        CliResult result = await _cli.RunAsync(["model", verb, _folder, .. more]);
        Assert.NotEqual(0, result.Exit);
        return result.Error;
    }

    private Task<CliResult> VerifyAsync() => _cli.RunAsync("model", "verify", _folder, "--key", _public);

    private async Task<string> OkAsync()
    {
        CliResult result = await VerifyAsync();
        Assert.True(result.Exit == 0, result.All);
        return result.Out;
    }

    private (string Certificate, string Root) Certificates()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=root", rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using X509Certificate2 root = request.CreateSelfSigned(begin, begin.AddYears(20));
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_key));
        CertificateRequest leaf = new("CN=signer", key, HashAlgorithmName.SHA384);
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        using X509Certificate2 issued = leaf.Create(
            root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), begin, begin.AddYears(1), [1]);
        return (_cli.Write("signer.pem", issued.ExportCertificatePem()),
            _cli.Write("root.pem", root.ExportCertificatePem()));
    }
}
