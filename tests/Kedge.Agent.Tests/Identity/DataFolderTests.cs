using Kedge.Agent.Commands;
using Kedge.Core.Errors;

namespace Kedge.Agent.Tests.Identity;

public sealed class DataFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kedge-data-");

    [Fact]
    public void A_second_agent_on_the_same_data_folder_is_refused_with_its_code()
    {
        DataFolder first = new(_folder.FullName);
        first.Create();
        first.Lock();
        DataFolder second = new(_folder.FullName);
        KedgeException refused = Assert.Throws<KedgeException>(second.Lock);
        Assert.Equal(AgentErrors.AlreadyRunning.Code, refused.Finding.Code);
        Assert.Contains(_folder.FullName, refused.Message, StringComparison.Ordinal);
        GC.KeepAlive(first);
    }

    [Fact]
    public void A_folder_that_cannot_be_locked_is_an_error_with_its_path()
    {
        DataFolder gone = new(Path.Combine(_folder.FullName, "gone"));
        KedgeException refused = Assert.Throws<KedgeException>(gone.Lock);
        Assert.Equal(AgentErrors.DiskFailed.Code, refused.Finding.Code);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
