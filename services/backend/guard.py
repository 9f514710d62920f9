class Guard:
    def __init__(self, app, host): self.app=app
    async def __call__(self,*a): await self.app(*a)
